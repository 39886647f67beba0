"""Reading other systems: each item is accounted for, nothing is half taken, and what is wrong is said in a sentence."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db import connection as database

from ctms.core import clock
from ctms.core.acting import Channel, Service, acting
from ctms.core.refusals import NotAllowed, Refusal
from ctms.integrations import ports, registry, wording
from ctms.integrations.lifecycle import MOST_TRIES
from ctms.integrations.models import (
    Connection,
    FeedCursor,
    FeedItem,
    FeedPayload,
    FeedRun,
    Format,
    MappingVersion,
    Secret,
    SourceFact,
)
from ctms.integrations.ports import Fact, Unusable
from ctms.integrations.registry import Domain, Kind
from ctms.integrations.services import connections as services
from ctms.integrations.services.feeding import read_connection
from ctms.integrations.simulators.rave import PLANTED_ARM
from ctms.studies.models import Study
from enrollment.models import Subject
from tests.conftest import act, person
from tests.outside import Outside, connect, sign
from tests.telling import Tells, page, read, subject

pytestmark = pytest.mark.django_db


@pytest.fixture
def edc(north) -> Connection:
    return connect(Format.RWS)


def counts(run):
    run.refresh_from_db()
    return run.received, run.applied, run.unchanged, run.refused, run.dead, run.pending


def test_the_same_again_changes_nothing(edc, now):
    facts = [subject("1", now), subject("2", now)]
    assert counts(read(edc, Tells(page(*facts, at=now)), now)) == (2, 2, 0, 0, 0, 0)
    trail = Subject.history.count()
    later = now + timedelta(hours=1)
    assert counts(read(edc, Tells(page(*facts, at=later)), later)) == (2, 0, 2, 0, 0, 0)
    assert Subject.history.count() == trail
    assert set(Subject.history.values_list("history_channel", "history_actor")) == {
        ("feed", "Feed from Medidata Rave Web Services")
    }


def test_items_that_cannot_be_taken_are_kept_with_the_reason_and_others_flow(edc, now):
    facts = [
        subject("1", now), subject("2", now, place=""), subject("3", now, place="XX-9"), subject("", now),
        subject("5", now, day="2024-02-31"), subject("6", now, day="2031-01-01"),
    ]  # fmt: skip
    assert counts(read(edc, Tells(page(*facts, at=now)), now)) == (6, 1, 0, 4, 0, 1)
    assert dict(FeedItem.objects.values_list("key", "reason")) == {
        "2": "It names no site.",
        "3": "The study has no site XX-9.",
        "": "It has no key.",
        "5": "Its day is no day of the calendar.",
        "6": "Its day has not come yet.",
    }
    assert list(Subject.objects.values_list("number", flat=True)) == ["S-1"]


def test_what_waits_becomes_a_dead_letter_and_a_replay_after_the_fix_takes_it(edc, now, mara):
    first = read(edc, Tells(page(subject("3", now, place="XX-9"), at=now)), now)
    for turn in range(1, MOST_TRIES + 2):
        moment = now + timedelta(hours=turn)
        again = read(edc, Tells(page(subject("3", now, place="XX-9"), at=moment)), moment)
    assert FeedItem.objects.get().status == "DEAD"
    assert (counts(first), counts(again)) == ((1, 0, 0, 0, 1, 0), (1, 0, 1, 0, 0, 0))
    with act(mara):
        content = {**edc.mappings.get().content, "sites": {"XX-9": "US-008"}}
        draft = services.draft_mapping(connection=edc, content=content, by=mara)
    sign(draft)
    dead = list(FeedItem.objects.filter(status="DEAD").values_list("pk", flat=True))
    with pytest.raises(NotAllowed), act(person("idris")):
        services.replay_items(connection=edc, items=dead, reason="Mapped", by=person("idris"))
    with act(mara):
        services.replay_items(connection=edc, items=dead, reason="XX-9 is US-008", by=mara)
    moment = now + timedelta(days=1)
    read(edc, Tells(page(at=moment)), moment)
    item = FeedItem.objects.get(pk=dead[0])
    assert item.status == "APPLIED"
    assert counts(first) == (1, 1, 0, 0, 0, 0)
    assert Subject.objects.get().site.number == "US-008"
    who = item.history.order_by("history_id").values_list("history_actor", "history_change_reason")
    assert ("Mara Lindqvist", "Because the test says so") in list(who)


def test_dead_letters_of_several_runs_are_replayed_at_once_and_each_run_counts_its_own(
    edc, now, mara, django_assert_max_num_queries
):
    waiting = [[subject(f"{n}{place}", now, place=place) for n in range(20)] for place in ("XX-8", "XX-9")]
    first = [read(edc, Tells(page(*facts, at=now)), now) for facts in waiting]
    for hour in range(MOST_TRIES):
        read(edc, Tells(page(at=now)), now + timedelta(hours=hour))
    assert {counts(run) for run in first} == {(20, 0, 0, 0, 20, 0)}
    with act(mara), django_assert_max_num_queries(30):
        services.replay_items(connection=edc, reason="XX-8 is US-008", by=mara)
    with act(mara):
        draft = services.draft_mapping(
            connection=edc, content={**edc.mappings.get().content, "sites": {"XX-8": "US-008"}}, by=mara
        )
    sign(draft)
    with django_assert_max_num_queries(140):
        read(edc, Tells(page(at=now)), now + timedelta(days=1))
    assert [counts(run) for run in first] == [(20, 20, 0, 0, 0, 0), (20, 0, 0, 0, 0, 20)]
    assert set(FeedItem.objects.values_list("status", "tries")) == {("APPLIED", 1), ("PENDING", 1)}


def test_what_could_not_be_taken_is_kept_once_and_settled_by_a_saying_that_can(edc, now):
    for hour in range(3):
        moment = now + timedelta(hours=hour)
        said = page(subject("1", now, day="2024-02-31"), at=moment, unusable=(Unusable("subject 2", "No OID."),))
        run = read(edc, Tells(said), moment)
        assert counts(run) == ((2, 0, 0, 2, 0, 0) if not hour else (2, 0, 1, 1, 0, 0))
    assert sorted(FeedItem.objects.values_list("key", flat=True)) == ["1", "subject 2 of reply 1"]
    moment = now + timedelta(hours=4)
    read(edc, Tells(page(subject("1", now, day="2024-02-28"), at=moment)), moment)
    assert FeedItem.objects.get(key="1").status == "SUPERSEDED"
    assert Subject.objects.count() == 1


def test_the_database_holds_that_a_run_adds_up(edc, now):
    run = read(edc, Tells(page(subject("1", now), at=now)), now)
    with pytest.raises(IntegrityError, match="adds_up"), transaction.atomic(), act(person("mara")):
        FeedRun.objects.filter(pk=run.pk).update(applied=2)


def test_what_an_ended_run_read_stands(edc, now):
    kept = FeedPayload.objects.filter(run=read(edc, Tells(page(subject("1", now), at=now)), now))
    before = list(kept.values())
    one_more = FeedPayload(**{**before[0], "id": None, "position": 9})
    for touch in (lambda: kept.update(sha256="f" * 64), kept.delete, one_more.save):
        with pytest.raises(IntegrityError, match="what it read stands"), transaction.atomic(), act(person("mara")):
            touch()
    with act(person("mara")):
        ended = FeedRun.objects.get(pk=before[0]["run_id"])
        running = FeedRun.objects.create(
            sponsor_id=edc.sponsor_id, connection=edc, mapping=ended.mapping, resource="audits", started_at=now
        )
        moving = FeedPayload.objects.create(**{**before[0], "id": None, "run_id": running.pk, "position": 9})
    with pytest.raises(IntegrityError, match="what it read stands"), transaction.atomic(), act(person("mara")):
        FeedPayload.objects.filter(pk=moving.pk).update(run=ended)
    assert list(kept.values()) == before != []


def test_late_and_repeated_sayings_do_not_win(edc, now):
    def status(version, state):
        return Fact("S-1|status", "STATUS", version, now, place="US-008", subject="S-1", state=state)

    read(edc, Tells(page(subject("1", now), at=now)), now)
    told = Tells(page(status(5, "Enrolled"), status(5, "Enrolled"), status(3, "Screening"), at=now), resource="audits")
    assert counts(read(edc, told, now)) == (3, 1, 2, 0, 0, 0)
    late = Tells(page(status(4, "Screen Failure"), at=now), resource="audits")
    assert counts(read(edc, late, now)) == (1, 0, 1, 0, 0, 0)
    assert Subject.objects.get().status == "ENROLLED"


def test_an_older_picture_is_not_taken(edc, now):
    read(edc, Tells(page(subject("1", now), at=now)), now)
    run = read(edc, Tells(page(subject("2", now), at=now - timedelta(days=1))), now + timedelta(hours=1))
    assert (counts(run), run.sentence[:11]) == ((1, 0, 1, 0, 0, 0), "It is older")
    assert [one.number for one in Subject.objects.all()] == ["S-1"]


def test_what_a_whole_walk_no_longer_has_is_gone_and_what_is_back_is_back(edc, now):
    facts = [subject(str(number), now) for number in range(10)]
    read(edc, Tells(page(*facts, at=now)), now)
    later = now + timedelta(hours=1)
    assert read(edc, Tells(page(*facts[1:], at=later)), later).gone == 1
    assert Subject.objects.get(number="S-0").status == "DELETED"
    again = now + timedelta(hours=2)
    read(edc, Tells(page(*facts, at=again)), again)
    assert Subject.objects.get(number="S-0").status == "CONSENTED"


def test_a_large_drop_waits_for_a_person(edc, now, mara):
    facts = [subject(str(number), now) for number in range(10)]
    read(edc, Tells(page(*facts, at=now)), now)
    later = now + timedelta(hours=1)
    run = read(edc, Tells(page(*facts[:7], at=later)), later)
    edc.refresh_from_db()
    assert (run.status, edc.status) == ("QUARANTINED", "QUARANTINED")
    assert run.sentence == "30% of what it had before are missing now: a person has to confirm that."
    assert not Subject.objects.filter(status="DELETED").exists()
    assert read(edc, Tells(page(*facts[:7], at=later)), later) is None
    with act(mara):
        services.move_connection(connection=edc, move="accept_drop", reason="The sites were merged", by=mara)
    assert read(edc, Tells(page(*facts[:7], at=later)), later).gone == 3
    assert Subject.objects.filter(status="DELETED").count() == 3


@pytest.mark.shows("04-2")
@pytest.mark.parametrize("format", [Format.RWS, Format.CTMS_IRT_1, Format.VAULT])
def test_a_delivery_that_names_the_treatment_is_quarantined_whole(north, format):
    outside = Outside()
    connection = outside.connect(format)
    system = {Format.RWS: "rave", Format.CTMS_IRT_1: "irt", Format.VAULT: "vault"}[format]
    outside.simulators.switches.set(system, "arm")
    runs = outside.read(connection)
    connection.refresh_from_db()
    assert (runs[-1].status, connection.status) == ("QUARANTINED", "QUARANTINED")
    assert not SourceFact.objects.filter(resource=runs[-1].resource).exists()
    assert not FeedPayload.objects.filter(run=runs[-1]).exclude(count=0).exists()
    said = " ".join([connection.status_words, *FeedRun.objects.values_list("sentence", flat=True)])
    assert "which a blinded feed must not carry" in said
    assert PLANTED_ARM not in said
    details = list(wording.faults(connection, outside.world.now, in_detail=False))
    assert details == [{"tone": "bad", "text": "Nothing is read: A delivery is being looked into."}]


def test_failures_rest_longer_each_time_and_credentials_wait_for_a_person(north):
    outside = Outside()
    connection, at = outside.connect(Format.CTMS_IRT_1), outside.world.now
    outside.simulators.switches.set("irt", "unavailable")
    for _ in range(3):
        (run,) = outside.read(connection, at=at)
    assert run.status == "FAILED"
    cursor = FeedCursor.objects.get(resource="events")
    assert (cursor.failures, cursor.rests_until) == (3, at + timedelta(minutes=5))
    assert outside.read(connection, at=at) == []
    (fault,) = wording.faults(connection, at, in_detail=True)
    assert fault["text"] == (
        "Events could not be read, 3 times in a row. It answered with an error. (HTTP 503) "
        "It rests until 11 Mar 2024 08:05 UTC."
    )
    outside.simulators.switches.set("irt", "unauthorised")
    outside.read(connection, at=at + timedelta(minutes=6))
    assert outside.read(connection, at=at + timedelta(days=9)) == []
    (fault,) = wording.faults(connection, at, in_detail=True)
    assert "It is not tried again before somebody has looked at it." in fault["text"]
    outside.simulators.switches.clear()
    mara = person("mara")
    with act(mara):
        services.read_soon(connection=connection, by=mara)
    (run,) = outside.read(connection, at=at + timedelta(days=9))
    assert run.status == "DONE"
    assert list(wording.faults(connection, at, in_detail=True)) == []


@pytest.mark.heavy
@pytest.mark.shows("04-4")
@pytest.mark.parametrize("fault", ["truncated", "html", "garbage", "error", "too_many", "forbidden"])
@pytest.mark.parametrize("format", [Format.RWS, Format.CTMS_IRT_1, Format.VAULT])
def test_every_fault_ends_in_bounded_tries_and_a_sentence(north, format, fault):
    outside, waits = Outside(), []
    connection = outside.connect(format)
    for system in ("rave", "irt", "vault"):
        outside.simulators.switches.set(system, fault)
    runs = outside.read(connection, waits=waits)
    assert {run.status for run in runs} == {"FAILED"}
    assert len(waits) <= 3 * len(runs)
    assert not Subject.objects.exists()
    assert all(text["text"].count(".") >= 2 for text in wording.faults(connection, outside.world.now, in_detail=True))
    outside.simulators.switches.clear()
    mara = person("mara")
    with act(mara):
        services.read_soon(connection=connection, by=mara)
    assert {run.status for run in outside.read(connection)} == {"DONE"}


def test_no_feed_goes_live_before_its_mapping_is_signed(north, mara, now):
    with act(mara):
        connection = services.add_connection(
            scope=scope_of_study(), name="New", format=Format.RWS, base_url="https://edc.example/", source_study="S",
            is_blinded=True, by=mara,
        )  # fmt: skip
        services.set_credentials(connection=connection, credentials={"user": "u", "password": "p4ss"}, by=mara, at=now)
        with pytest.raises(Refusal, match="No version of its mapping is approved yet"):
            services.move_connection(connection=connection, move="go_live", reason="Now", by=mara)
        with pytest.raises(Refusal, match="Who drafted or edited a mapping does not approve it"):
            services.move_mapping(mapping=connection.mappings.get(), move="approve", reason="x", by=mara, proof=None)
    petra = person("petra")
    with act(petra), pytest.raises(Refusal, match="signature"):
        services.move_mapping(mapping=connection.mappings.get(), move="approve", reason="x", by=petra, proof=None)
    assert read_connection(connection, now=lambda: now, adapter=Tells()) == []
    assert (connection.status, FeedRun.objects.count()) == ("DRAFT", 0)
    assert b"p4ss" not in bytes(Secret.objects.get().content)


def test_another_machine_is_not_sent_the_credentials_of_this_one(edc, mara):
    with act(mara, "Moved by the vendor"):
        services.move_address(connection=edc, base_url="https://edc.example/", by=mara)
        assert not Secret.objects.exists()
        services.set_credentials(connection=edc, credentials={"token": "t"}, by=mara, at=clock.now())
        services.move_address(connection=edc, base_url="https://edc.example:444/rws/", by=mara)
    assert Secret.objects.filter(connection=edc).exists(), "the same machine"


def scope_of_study():
    return Study.objects.select_related("scope").get().scope


@pytest.mark.parametrize(
    ("address", "sentence"),
    [("http://edc.example/", "https"), ("https://u:p@edc.example/", "out of the address"),
     ("https://edc.example/?token=1", "out of the address")],
)  # fmt: skip
def test_credentials_never_cross_a_network_in_the_clear_nor_stand_in_an_address(north, mara, address, sentence):
    with pytest.raises(Refusal, match=sentence), act(mara):
        services.add_connection(
            scope=scope_of_study(), name="New", format=Format.RWS, base_url=address, source_study="S",
            is_blinded=True, by=mara,
        )  # fmt: skip
    assert not Connection.objects.exists()


def test_only_the_system_of_record_is_believed(edc, now, mara):
    irt = connect(Format.CTMS_IRT_1)
    at = now - timedelta(days=3)
    day = {"place": "US-008", "subject": "S-1", "as_of": at}
    said = page(
        Fact("e1", "DAY", 1, event="subject_screened", day="2024-02-01", **day),
        Fact("e2", "DAY", 2, event="subject_randomised", day="2024-02-11", **day), at=at,
    )  # fmt: skip
    read(edc, Tells(page(subject("1", now), at=now)), now)
    consent = Fact("c", "DAY", 1, now, place="US-008", subject="S-1", event="DM.ICFDT", day="2024-02-02")
    read(edc, Tells(page(consent, at=now), resource="audits"), now)
    read(irt, Tells(said, resource="events"), now)
    one = Subject.objects.get()
    assert (str(one.consented_on), str(one.randomised_on)) == ("2024-02-02", "2024-02-11")
    assert one.sources == {"CONSENTED": "EDC", "RANDOMISED": "IRT"}
    study = Study.objects.select_related("scope").get()
    with pytest.raises(Refusal, match="the IRT is the system of record for randomisation"):
        registry.refuse_unless_master(study.scope, Domain.RANDOMISATION)
    with act(mara):
        services.declare_master(
            scope=study.scope, domain=Domain.RANDOMISATION, master=Kind.EDC, reason="No IRT any more", by=mara
        )  # fmt: skip
    assert registry.masters(study.scope)[Domain.RANDOMISATION] == Kind.EDC
    read(edc, Tells(page(at=now), resource="audits"), now)
    assert Subject.objects.get().randomised_on is None


def test_what_the_database_refuses_is_put_aside_alone(edc, now, monkeypatch):
    apply = ports.receiver().apply

    def fails_for_one(cursor, connection, content):
        cursor.execute("select 1 from feed_changed where key = '13'")
        if cursor.fetchone():
            cursor.execute("select 1 / 0")
        apply(cursor, connection, content)

    monkeypatch.setattr(ports.receiver(), "apply", fails_for_one)
    facts = [subject(str(number), now) for number in range(20)]
    assert counts(read(edc, Tells(page(*facts, at=now)), now)) == (20, 19, 0, 0, 0, 1)
    assert Subject.objects.count() == 19
    assert FeedItem.objects.get().reason == "The database refuses it (22012)."
    assert database.is_usable()


def test_a_run_whose_worker_died_is_closed_and_read_again(edc, now):
    with acting(Service("Test"), reason="A worker that died", channel=Channel.FEED):
        mapping = MappingVersion.objects.get(connection=edc)
        died = FeedRun.objects.create(
            sponsor_id=edc.sponsor_id, connection=edc, mapping=mapping, resource="subjects", started_at=now
        )
    run = read(edc, Tells(page(subject("1", now), at=now)), now)
    died.refresh_from_db()
    assert (died.status, died.sentence[:16], run.status) == ("FAILED", "The worker ended", "DONE")


def test_facts_are_of_a_connection_that_is_there(edc, now):
    read(edc, Tells(page(subject("1", now), at=now)), now)
    feeding = acting(Service("Test"), reason="Facts of nobody", channel=Channel.FEED)
    with pytest.raises(IntegrityError, match="a connection of their own sponsor"), transaction.atomic(), feeding:
        SourceFact.objects.update(connection=edc.pk + 1_000)
    assert SourceFact.objects.get().connection == edc
