"""People who save the same record at the same moment, through its edit page: one wins, the others compare."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from ctms.accounts.models import Sponsor
from ctms.core.acting import in_sponsor, on_simulated_day
from ctms.core.versions import version_of
from ctms.studies.models import (
    Arm,
    ProtocolEffect,
    ProtocolVersion,
    ScheduledContact,
    ScheduledVisit,
    Study,
    VisitSchedule,
)
from sites.models import Site
from tests.calendar import SHOWN_FROM
from tests.conftest import act, person, signed_in
from tests.factories import make
from tests.web.test_edits import fields

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("03-2")]
RACES, CONTESTANTS, EACH = 200, 4, 5
Answers = list[tuple[int, str]]


@pytest.fixture
def race() -> Iterator[Callable[[str, Sequence[dict[str, str]]], Answers]]:
    """Sends forms to one address in the same moment, each from a window of its own: status and page of each."""
    together = Barrier(CONTESTANTS)
    windows = [signed_in(name) for name in ("mara", "petra") * (CONTESTANTS // 2)]

    def one(window: Client, address: str, said: dict[str, str]) -> tuple[int, str]:
        together.wait(30)
        answer = window.post(address, said)
        return answer.status_code, answer.content.decode()

    def leave(_: int) -> None:
        together.wait(30)
        connection.close()

    with ThreadPoolExecutor(CONTESTANTS) as pool:

        def run(address: str, forms: Sequence[dict[str, str]]) -> Answers:
            return list(pool.map(one, windows, [address] * CONTESTANTS, forms))

        yield run
        list(pool.map(leave, range(CONTESTANTS)))


def raced(race: Any, address: str, field: str, value: Callable[[int], str], *, rounds: int) -> list[str]:
    """Races on one field of the record at this address; what went wrong, and in the end the winners' values."""
    looking, won = signed_in("petra"), []
    for round_ in range(rounds):
        read = fields(looking.get(address).content.decode())
        assert read[field] == (won[-1] if won else read[field])  # what won is what stands there
        wanted = [value(round_ * CONTESTANTS + turn) for turn in range(CONTESTANTS)]
        why = {"reason": "Race"} if "reason" in read else {}
        answers = race(address, [read | why | {field: one} for one in wanted])
        winners = [one for one, (status, _) in zip(wanted, answers, strict=True) if status == 302]
        losers = [(one, page) for one, (status, page) in zip(wanted, answers, strict=True) if status == 409]
        assert (len(winners), len(losers)) == (1, CONTESTANTS - 1), [status for status, _ in answers]
        for one, page in losers:
            assert "since you opened it" in page
            assert all(seen(value, page) for value in (winners[0], one)), (address, winners, one)
        won += winners
    return won


def seen(value: str, page: str) -> bool:
    """Whether a page shows a word, or a day as people write it."""
    if value.startswith("2024-"):
        value = f"{date.fromisoformat(value):%-d %b %Y}"
    return re.search(rf"\b{value}\b", page) is not None


def addresses() -> list[tuple[str, str, Callable[[int], str]]]:
    """An address of every edit page, with a field to race on and its values."""

    def word(number: int) -> str:
        return f"W{number}"

    def day(number: int) -> str:
        return f"2024-01-{number + 1:02}"

    north = Sponsor.objects.get(code="north")
    with transaction.atomic(), in_sponsor(north.pk), on_simulated_day(SHOWN_FROM), act(person("petra")):
        study, arm = Study.objects.get(), Arm.objects.all()[0]
        site = Site.objects.filter(personnel__ends_on=None).exclude(personnel=None)[0]
        engagement = site.personnel.filter(voided=False)[0]
        protocol = make(ProtocolVersion, study=study)
        effect = make(ProtocolEffect, study=study, protocol_version=protocol, scope=site.country.scope)
        schedule = make(VisitSchedule, study=study)
        visit = make(ScheduledVisit, study=study, schedule=schedule, code="V1", position=1)
        contact = make(ScheduledContact, study=study, schedule=schedule, code="C1", position=1)
        of_study, of_site = ["north", study.slug], ["north", study.slug, site.number]
        found = [
            ("arm-edit", [*of_study, arm.pk], "description", word),
            ("protocol-edit", [*of_study, protocol.pk], "summary", word),
            ("effect-edit", [*of_study, effect.pk], "effective_on", day),
            ("schedule-visit", [*of_study, schedule.number, visit.pk], "label", word),
            ("schedule-contact", [*of_study, schedule.number, contact.pk], "label", word),
            ("site-edit-personnel", [*of_site, engagement.pk], "starts_on", day),
            ("facility-edit", ["north", site.facility_id], "region", word),
            ("person-edit", ["north", engagement.person_id], "name", word),
            ("site-edit", of_site, "number", word),
        ]
        return [(reverse(name, args=keys), field, value) for name, keys, field, value in found]


def test_two_hundred_races_on_one_study(race, measured):
    address = "/in/north/s/D3460C00002/setup/study/"
    with transaction.atomic(), in_sponsor(Sponsor.objects.get(code="north").pk):
        study = Study.objects.get()
        before = version_of(study)
    won = raced(race, address, "acronym", lambda number: f"R{number}", rounds=RACES)
    measured("races with one winner, the three others shown the comparison", len(won), RACES, len(won) == RACES)
    with transaction.atomic(), in_sponsor(study.sponsor_id):
        later = study.history.filter(history_id__gt=before).order_by("history_id")
        kept = list(later.values_list("acronym", flat=True))
    measured("winners' values in the record's history, in their order", len(kept), RACES, kept == won)


def test_every_edit_page_has_one_winner(race, measured):
    pages = addresses()
    for address, field, value in pages:
        raced(race, address, field, value, rounds=1 if field == "number" else EACH)  # which stands in the address
    measured("other edit pages on which every race has one winner", len(pages), 9, len(pages) == 9)
