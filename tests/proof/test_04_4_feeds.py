"""Duplicated, late and reordered messages, and every fault: the state is that of once and in order."""

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection as database
from django.db import transaction

from ctms.core.acting import in_sponsor, on_simulated_day
from ctms.integrations import wording
from ctms.integrations.models import Connection, FeedCursor, FeedItem, FeedRun, Format, SourceFact
from ctms.integrations.ports import Fact, FeedFailed, Page
from ctms.integrations.services import connections as services
from ctms.integrations.services.feeding import Busy, read_connection
from ctms.integrations.simulators.serving import FAULTS
from ctms.run import embedded, logins
from enrollment.models import CountDelta, SiteCount, Subject, SubjectVisit
from tests.calendar import SHOWN_FROM
from tests.conftest import act, person
from tests.integrations.test_thread import here
from tests.outside import Outside, connect
from tests.proof.__main__ import SEED

PERMUTATIONS = 1_000
_OF_SUBJECTS = (
    "number",
    "site__number",
    "status",
    "consented_on",
    "eligible_on",
    "screen_failed_on",
    "randomised_on",
    "treated_on",
    "treatment_ended_on",
    "completed_on",
    "withdrawn_on",
    "lost_on",
    "enrolled_on",
    "sources",
)
_OF_VISITS = ("subject__number", "code", "due_on", "done_on", "entered", "verified", "open_queries")
pytestmark = pytest.mark.shows("04-4")


class Delivers:
    """An adapter that says what it is told to, resource by resource."""

    def __init__(self, **told: list[Fact]) -> None:
        self.told = told

    def pull(self, resource: str, cursor: str) -> Iterator[Page]:
        if resource not in self.told:
            raise FeedFailed("Nothing was told of this.", worth_retrying=True)
        facts = tuple(self.told[resource])
        yield Page(facts=facts, as_of=max(fact.as_of for fact in facts), sha256="0" * 64, size=1)


def state() -> tuple[Any, ...]:
    """All that follows from what was said, whoever said it when."""
    facts = SourceFact.objects.order_by("connection__name", "resource", "key")
    return (
        list(Subject.objects.order_by("number").values_list(*_OF_SUBJECTS)),
        list(SubjectVisit.objects.order_by("subject__number", "code").values_list(*_OF_VISITS)),
        list(facts.values_list("resource", "key", "what", "version", "subject", "event", "state", "day", "ref")),
        {site: {name: said[name] for name in ("subjects", "enrolled", "consented")} for site, said in here().items()},
    )


def told_by(outside: Outside) -> tuple[list[Fact], list[Fact], list[Fact]]:
    """(subjects, audit facts, events) that the systems tell of a few subjects."""
    rave, irt = (outside.adapter(connection) for connection in Connection.objects.order_by("name"))
    rave, irt = (rave, irt) if hasattr(rave, "_audits") else (irt, rave)
    subjects = [fact for page in rave.pull("subjects", "") for fact in page.facts]
    few = {fact.subject for fact in subjects[:6]}
    audits = [fact for page in rave.pull("audits", "") for fact in page.facts if fact.subject in few]
    events = [fact for page in irt.pull("events", "") for fact in page.facts if fact.subject in few]
    return [fact for fact in subjects if fact.subject in few], audits, events


@pytest.mark.django_db
def test_permutations_end_in_the_same_state(north, now, measured):
    outside = Outside(size=1)
    edc, irt = outside.connect(Format.RWS), outside.connect(Format.CTMS_IRT_1)
    subjects, audits, events = told_by(outside)
    chance, same = random.Random(SEED), 0
    with transaction.atomic():
        _deliver(
            now, (edc, Delivers(subjects=subjects)), (edc, Delivers(audits=audits)), (irt, Delivers(events=events))
        )
        wanted = state()
        transaction.set_rollback(True)
    assert len(wanted[0]) == 6
    for _ in range(PERMUTATIONS):
        deliveries = [(edc, Delivers(subjects=subjects))]
        for connection, name, facts in ((edc, "audits", audits), (irt, "events", events)):
            many = facts + chance.choices(facts, k=len(facts) // 3)
            chance.shuffle(many)
            cut = chance.randint(1, len(many) - 1)
            deliveries += [(connection, Delivers(**{name: part})) for part in (many[:cut], many[cut:])]
        chance.shuffle(deliveries)
        with transaction.atomic():
            _deliver(now, *deliveries)
            same += state() == wanted
            transaction.set_rollback(True)
    told = len(audits) + len(events)
    measured(
        f"permutations of {told} messages with a third twice, same state", same, PERMUTATIONS, same == PERMUTATIONS
    )


def _deliver(now, *deliveries) -> None:
    for connection, adapter in deliveries:
        FeedCursor.objects.all().update(rests_until=None, source_as_of=None)
        with on_simulated_day(now):
            runs = read_connection(connection, now=lambda: now, adapter=adapter)
        (run,) = [run for run in runs if run.resource in adapter.told]
        assert (run.status, run.received) == ("DONE", run.applied + run.unchanged), run.sentence


@pytest.mark.django_db
def test_every_fault_switch_ends_in_a_sentence_or_in_the_truth(north, measured):
    outside, right = Outside(size=4), 0
    systems = {"rave": Format.RWS, "irt": Format.CTMS_IRT_1, "vault": Format.VAULT}
    made = {system: outside.connect(format) for system, format in systems.items()}
    for connection in made.values():
        outside.read(connection)
    wanted, mara = state(), person("mara")
    for system, connection in made.items():
        for fault in FAULTS:
            waits: list[float] = []
            outside.simulators.switches.set(system, fault)
            runs = outside.read(connection, waits=waits)
            connection.refresh_from_db()
            sentences = list(wording.faults(connection, outside.world.now, in_detail=True))
            is_said = bool(sentences) or {run.status for run in runs} == {"DONE"}
            right += is_said and len(waits) <= 3 * len(runs) and state() == wanted
            outside.simulators.switches.clear()
            with act(mara):
                if connection.status == "QUARANTINED":
                    services.move_connection(connection=connection, move="release", reason="Cleared", by=mara)
                services.read_soon(connection=connection, by=mara)
            assert {run.status for run in outside.read(connection)} == {"DONE"}, (system, fault)
    total = len(FAULTS) * len(made)
    measured("faults that end in bounded tries, a sentence, and nothing changed", right, total, right == total)
    assert not FeedItem.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_read_one_connection(measured):
    from ctms.accounts.models import Sponsor

    with in_sponsor(Sponsor.objects.get(code="north").pk):
        with transaction.atomic():
            edc = connect(Format.RWS)
        with psycopg.connect(embedded.dsn(logins.APP, database.settings_dict["NAME"])) as other:
            other.execute("select pg_advisory_lock(%s, %s)", [0x46454544, edc.pk])
            with pytest.raises(Busy):
                read_connection(edc, now=lambda: SHOWN_FROM, adapter=Delivers())
        with transaction.atomic():
            measured("runs begun beside another", FeedRun.objects.count(), 0, not FeedRun.objects.exists())
            assert not CountDelta.objects.exists()
            assert not SiteCount.objects.exists()
