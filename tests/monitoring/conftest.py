"""Visits in every state that tests need, made through the services."""

from datetime import date
from typing import Any

import pytest

from ctms.accounts.models import User
from ctms.core import protocols
from monitoring.models import MonitoringVisit, ReportAnswer
from monitoring.rules import questions
from monitoring.services.reports import Given, save_answers
from monitoring.services.visits import move_visit, plan_visit
from sites.models import Site
from tests.conftest import act, person
from tests.signing import SESSION
from tests.signing import given as given_secret


def unvisited() -> Site:
    return Site.objects.filter(monitoring_visits=None, number__startswith="DE").order_by("number")[0]


@pytest.fixture
def idris(db: None) -> User:
    """The CRO's monitor in Germany."""
    return person("idris")


@pytest.fixture
def lena(db: None) -> User:
    """Lead CRA: she reviews."""
    return person("lena")


@pytest.fixture
def site(north: Any) -> Site:
    """One in Germany that nobody visited yet, activated last month."""
    found = unvisited()
    with act(person("petra")):
        Site.objects.filter(pk=found.pk).update(operational_status="ACTIVATED", status_on=date(2024, 2, 12))
    return Site.objects.select_related("study").get(pk=found.pk)


def signed(visit: MonitoringVisit, move: str, by: User, at: Any) -> Any:
    """A signed move of the visit."""
    kind, meaning = {
        "submit": ("authorship", "AUTHORED"), "review": ("review", "REVIEWED"), "approve": ("approval", "APPROVED"),
    }[move]  # fmt: skip
    with act(by):
        nonce = protocols.signer().begin(again(visit), kind=kind, by=by, session=SESSION, at=at).nonce
    proof = given_secret(by, nonce, at=at, meaning=meaning)
    with act(by):
        return move_visit(visit=visit, move=move, by=by, at=at, proof=proof)


def moved(visit: MonitoringVisit, move: str, by: User, at: Any, **said: Any) -> Any:
    with act(by):
        return move_visit(visit=visit, move=move, by=by, at=at, **said)


def again(visit: MonitoringVisit) -> MonitoringVisit:
    return MonitoringVisit.objects.get(pk=visit.pk)


def answers(visit: MonitoringVisit, **changes: tuple[str, str]) -> list[Given]:
    """An answer to every question of the report: Yes, or the first option; with `changes` code (1_2) -> theirs."""
    asked = questions(again(visit).template.content, visit.type)
    said = {code.replace("_", "."): value for code, value in changes.items()}
    rows = {row.code: row for row in ReportAnswer.objects.filter(visit=visit)}
    given = []
    for code, question in asked.items():
        answer, comment = said.get(code, (next(iter(question.options), ""), "As planned."))
        given.append(Given(code, answer, comment, "", rows[code].version))
    return given


def written(visit: MonitoringVisit, by: User, at: Any, **changes: tuple[str, str]) -> Any:
    with act(by):
        return save_answers(visit=visit, answers=answers(visit, **changes), by=by, at=at)


@pytest.fixture
def planned(site: Site, idris: User, now: Any) -> MonitoringVisit:
    with act(idris):
        return plan_visit(
            site=site, type="IMV", mode="ON_SITE", planned_on=now.date(), monitor=idris, rationale="First visit",
            by=idris, at=now,
        )  # fmt: skip


@pytest.fixture
def draft(planned: MonitoringVisit, idris: User, now: Any) -> MonitoringVisit:
    """The visit is over, its report not written."""
    for move in ("confirm", "begin", "end"):
        moved(planned, move, idris, now)
    return again(planned)


@pytest.fixture
def submitted(draft: MonitoringVisit, idris: User, now: Any) -> MonitoringVisit:
    written(draft, idris, now, **{"5_1": ("N", "Two pages are not signed.")})
    signed(draft, "submit", idris, now)
    return again(draft)


@pytest.fixture
def approved(submitted: MonitoringVisit, lena: User, petra: User, now: Any) -> MonitoringVisit:
    signed(submitted, "review", lena, now)
    signed(submitted, "approve", petra, now)
    return again(submitted)
