"""Races on visit reports: two who save, review or approve at once; one effect each. Three persons or none."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from audit.models import Signature
from ctms.accounts.models import Sponsor, User
from ctms.core import protocols
from ctms.core.acting import in_sponsor, on_simulated_day
from ctms.core.refusals import Refusal
from monitoring.models import MonitoringVisit, ReportAnswer
from monitoring.services.reports import Given, save_answers
from monitoring.services.visits import move_visit, plan_visit
from tests.calendar import SHOWN_FROM as NOW
from tests.conftest import act, person
from tests.monitoring.conftest import again, moved, signed, unvisited, written
from tests.signing import SESSION, given

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("04-6")]
SAVES, REVIEWS, APPROVALS, SUBMISSIONS = 200, 100, 100, 100
KINDS = {"submit": ("authorship", "AUTHORED"), "review": ("review", "REVIEWED"), "approve": ("approval", "APPROVED")}
Deed = Callable[[], Any]


@contextmanager
def inside() -> Iterator[None]:
    """One committed transaction inside Sponsor North."""
    with transaction.atomic():
        north = Sponsor.objects.get(code="north")
        with in_sponsor(north.pk), on_simulated_day(NOW):
            yield


@pytest.fixture
def race() -> Iterator[Callable[[list[Deed]], list[Any]]]:
    """Does two deeds in the same moment, each in a transaction of its own; what each gave, or its refusal."""
    together = Barrier(2)

    def one(deed: Deed) -> Any:
        together.wait(30)
        try:
            with inside():
                return deed()
        except Refusal as refusal:
            return refusal

    def leave(_: int) -> None:
        together.wait(30)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        yield lambda deeds: list(pool.map(one, deeds))
        list(pool.map(leave, range(2)))


@pytest.fixture
def visit() -> MonitoringVisit:
    """A visit whose report is written and not submitted."""
    idris = person("idris")
    with inside():
        site = unvisited()
        with act(idris):
            visit = plan_visit(
                site=site, type="IMV", mode="ON_SITE", planned_on=NOW.date(), monitor=idris, rationale="Race",
                by=idris, at=NOW,
            )  # fmt: skip
        for move in ("confirm", "begin", "end"):
            moved(visit, move, idris, NOW)
        written(visit, idris, NOW)
        return again(visit)


def signing(visit: MonitoringVisit, move: str, by: User) -> Deed:
    """A signed move, read and proved; to be made in the race."""
    kind, meaning = KINDS[move]
    with inside(), act(by):
        nonce = protocols.signer().begin(again(visit), kind=kind, by=by, session=SESSION, at=NOW).nonce
    with inside():
        proof = given(by, nonce, at=NOW, meaning=meaning)

    def deed() -> str:
        with act(by):
            move_visit(visit=visit, move=move, by=by, at=NOW, proof=proof)
        return by.username

    return deed


def one_won(answers: list[Any], *codes: str) -> bool:
    """Whether one deed had its effect and the other was refused with one of these codes."""
    refused = [one.code for one in answers if isinstance(one, Refusal)]
    return len(refused) == 1 and refused[0] in codes


def signatures(visit: MonitoringVisit, verb: str) -> int:
    return Signature.objects.filter(model=visit._meta.label, object_id=visit.pk, verb=f"monitoring.{verb}").count()


def back_to(visit: MonitoringVisit, *steps: tuple[str, str]) -> None:
    """Prepares the next race: (move, who) one after the other."""
    with inside():
        for move, who in steps:
            by = person(who)
            if move in KINDS:
                signed(visit, move, by, NOW)
            else:
                moved(visit, move, by, NOW, reason="The next race")


def test_saves_of_one_answer(visit, race, measured):
    idris, lena = person("idris"), person("lena")

    def saving(by: User, words: str, version: int) -> Deed:
        def deed() -> Any:
            with act(by):
                answer = Given("5.1", "N", words, "", version)
                return save_answers(visit=visit, answers=[answer], by=by, at=NOW)

        return deed

    won, kept = 0, []
    for turn in range(SAVES):
        with inside():
            before = ReportAnswer.objects.get(visit=visit, code="5.1")
        answers = race([saving(idris, f"I{turn}", before.version), saving(lena, f"L{turn}", before.version)])
        with inside():
            after = ReportAnswer.objects.get(visit=visit, code="5.1")
        saved = [one for one in answers if one.versions]
        (overtaken,) = [one.overtaken[0] for one in answers if one.overtaken]
        won += len(saved) == 1 and after.version == before.version + 1
        assert (overtaken.comment, overtaken.version) == (after.comment, after.version)  # the loser is shown both
        kept.append(after.comment)
    with inside():
        history = ReportAnswer.history.filter(id=after.pk, history_type="~").order_by("history_id")
        told = list(history.values_list("comment", flat=True))[-SAVES:]
    measured("races of two saves with one winner, the other shown both", won, SAVES, won == SAVES and told == kept)


def test_two_reviewers(visit, race, measured):
    back_to(visit, ("submit", "idris"))
    won = 0
    for turn in range(REVIEWS):
        deeds = [signing(visit, "review", person(name)) for name in ("lena", "mara")]
        won += one_won(race(deeds), "WRONG_STATUS")
        with inside():
            assert signatures(visit, "review_tripreport") == turn + 1
        back_to(visit, ("send_back", "petra"), ("submit", "idris"))
    measured("races of two reviewers with one review", won, REVIEWS, won == REVIEWS)


def test_two_approvers(visit, race, measured):
    won = 0
    for turn in range(APPROVALS):
        back_to(visit, ("submit", "idris"), ("review", "lena"))
        deeds = [signing(visit, "approve", person(name)) for name in ("mara", "petra")]
        won += one_won(race(deeds), "WRONG_STATUS")
        with inside():
            assert signatures(visit, "approve_tripreport") == turn + 1
        back_to(visit, ("amend", "idris"))
    measured("races of two approvers with one approval", won, APPROVALS, won == APPROVALS)


def test_submitting_against_saving(visit, race, measured):
    """Either the save comes first and what was read is not what would be signed, or nobody writes any more."""
    idris, lena = person("idris"), person("lena")
    won = 0
    for turn in range(SUBMISSIONS):
        with inside():
            row = ReportAnswer.objects.get(visit=visit, code="5.1")

        def saving(row: ReportAnswer = row, turn: int = turn) -> Any:
            with act(lena):
                answer = Given("5.1", "N", f"Late {turn}", "", row.version)
                return save_answers(visit=visit, answers=[answer], by=lena, at=NOW)

        answers = race([signing(visit, "submit", idris), saving])
        won += one_won(answers, "SIGNING_STALE", "READ_ONLY")
        with inside():
            now = again(visit)
            is_saved = ReportAnswer.objects.get(pk=row.pk).version > row.version
            assert (now.status == "SUBMITTED") != is_saved
        if now.status == "SUBMITTED":
            back_to(visit, ("return", "mara"))
    measured("races of a submission and a save with one effect", won, SUBMISSIONS, won == SUBMISSIONS)


def test_three_persons_or_none(visit, measured):
    """Every pair of the cast as reviewer and approver of a report that idris wrote."""
    people, right, tried = ("idris", "lena", "mara", "petra"), 0, 0
    back_to(visit, ("submit", "idris"))
    may = {"review": {"lena", "mara"}, "approve": {"mara", "petra"}}
    for reviewer in people:
        for approver in people:
            tried += 1
            with inside():
                try:
                    signed(visit, "review", person(reviewer), NOW)
                    signed(visit, "approve", person(approver), NOW)
                    came = True
                except Refusal:
                    came = False
                wanted = reviewer in may["review"] and approver in may["approve"] and reviewer != approver
                right += came == wanted and (again(visit).status == "APPROVED") == wanted
                transaction.set_rollback(True)
    measured("pairs of reviewer and approver that come as far as they may", right, tried, right == tried == 16)
