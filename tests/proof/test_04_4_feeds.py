"""Duplicated, late and reordered messages, killed workers and every fault: the state is that of once and in order."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from django.db import connection as database
from django.db import connections, transaction
from django.db.models import F

from ctms.core.acting import Channel, Service, acting, in_sponsor, on_simulated_day
from ctms.integrations import wording
from ctms.integrations.models import Connection, FeedCursor, FeedItem, FeedRun, Format, SourceFact
from ctms.integrations.ports import Fact, FeedFailed, Page
from ctms.integrations.services import connections as services
from ctms.integrations.services.feeding import Busy, read_connection
from ctms.integrations.simulators.serving import FAULTS
from ctms.run import embedded, logins
from enrollment.models import CountDelta, SiteCount, Subject, SubjectVisit
from enrollment.services.counts import wrong_counts
from tests import database as databases
from tests.calendar import SHOWN_FROM
from tests.conftest import act, person
from tests.integrations.test_thread import expected, here
from tests.outside import Outside, connect
from tests.proof.__main__ import SEED

PERMUTATIONS, KILLS = 1_000, 50
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


@pytest.mark.django_db(transaction=True)
def test_killed_workers_leave_nothing_half_done(measured):
    """A worker, or the database's own process that serves it, dies by SIGKILL at any moment of a reading."""
    from ctms.accounts.models import Sponsor

    north = Sponsor.objects.get(code="north")
    with in_sponsor(north.pk), transaction.atomic():
        outside = Outside(size=25)
        outside.world.subjects  # noqa: B018 - worked out once, before the workers part
        for format in (Format.RWS, Format.CTMS_IRT_1):
            outside.connect(format)
        truth = expected(outside.world.truth())
        connections_here = list(Connection.objects.values_list("pk", flat=True))
    chance, killed, half = random.Random(SEED), 0, 0
    _longest(outside, north.pk, connections_here)  # the first reading, which takes longer than any later one
    with in_sponsor(north.pk), transaction.atomic():
        _forget()
    longest = _longest(outside, north.pk, connections_here)
    while killed < KILLS:
        worker = _parted(outside, north.pk, connections_here)
        time.sleep(chance.uniform(0.02, longest))
        if killed % 5 == 4:
            _kill_backends()
        os.kill(worker, signal.SIGKILL)  # where it came to its end already, it waits for us and dies twice
        killed += os.WIFSIGNALED(os.waitpid(worker, 0)[1])
        with in_sponsor(north.pk), transaction.atomic():
            half += _half_done()
            _forget()
    worker = _parted(outside, north.pk, connections_here)
    assert os.waitpid(worker, 0)[1] == 0
    with in_sponsor(north.pk), transaction.atomic():
        found = {site: {name: said[name] for name in truth[site]} for site, said in here().items()}
        assert wrong_counts() == []
        runs = set(FeedRun.objects.values_list("status", flat=True))
        actors = set(Subject.history.values_list("history_channel", flat=True))
    measured("workers killed, every fifth with its server process", killed, KILLS, killed == KILLS)
    measured("states with something half done", half, 0, half == 0)
    measured("sites whose counts equal the truth", sum(found.get(k) == v for k, v in truth.items()), len(truth),
             found == truth)  # fmt: skip
    assert runs == {"DONE", "FAILED"}
    assert actors == {"feed"}


def _parted(outside: Outside, sponsor: int, keys: list[int]) -> int:
    """A worker of its own that reads both systems; its process id."""
    connections["default"].close()
    worker = os.fork()
    if worker:
        return worker
    try:
        with in_sponsor(sponsor):
            for key in keys:
                with transaction.atomic():
                    one = Connection.objects.select_related("scope").get(pk=key)
                outside.read(one)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a child that must not go on as the tests
        os._exit(1)


def _longest(outside: Outside, sponsor: int, keys: list[int]) -> float:
    """How long one undisturbed reading takes; what it read is the first state."""
    began = time.monotonic()
    os.waitpid(_parted(outside, sponsor, keys), 0)
    connections["default"].close()
    return time.monotonic() - began


def _kill_backends() -> None:
    """Kills the server processes that work for a feed: PostgreSQL recovers as after a crash."""
    name = database.settings_dict["NAME"]
    with psycopg.connect(embedded.dsn(logins.OWNER, name)) as owner:
        rows = owner.execute(
            "select pid from pg_stat_activity where datname = %s and pid <> pg_backend_pid()", [name]
        ).fetchall()
    for (pid,) in rows:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for _ in range(200):
        time.sleep(0.1)
        try:
            databases.connect().close()
            return
        except psycopg.OperationalError:
            continue


def _half_done() -> bool:
    """Whether a run that is not done left facts, or subjects and counts differ, or something is not accounted for."""
    undone = SourceFact.objects.exclude(run__status="DONE").exists()
    return undone or bool(wrong_counts())


def _forget() -> None:
    """Cursors, and half of what is known, are lost: so there is something to read, and to take, again."""
    FeedCursor.objects.update(rests_until=None, failures=0)
    FeedCursor.objects.exclude(resource="").update(cursor="")
    with acting(Service("Test"), reason="What is known is lost", channel=Channel.FEED):
        SourceFact.objects.annotate(odd=F("pk") % 2).filter(odd=1).delete()


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
