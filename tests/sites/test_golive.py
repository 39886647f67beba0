"""Sites that were running before enter with their dates, signed off once; afterwards they are corrected like any."""

from datetime import date
from typing import Any

import pytest

from ctms.core.acting import Channel, acting
from ctms.core.lifecycle import Request
from ctms.core.refusals import NotAllowed, Refusal
from ctms.studies.models import Study
from sites.lifecycle import MIGRATION
from sites.models import MigrationBatch, MigrationLine, Site
from sites.services import golive, import_history, statuses
from tests.conftest import act, person
from tests.signing import proof
from tests.sites.test_imports import applied, wrong

pytestmark = pytest.mark.django_db
HISTORY = ("Site number", "Kind", "Status", "Since", "Proof")
ROWS = [
    ("AT-001", "", "Activated", "2022-05-02", "eTMF 3"),
    ("AT-001", "", "Selected", "2022-01-10", "eTMF 1"),
    ("AT-001", "", "Initiated", "2022-05-02", "eTMF 2"),
    ("AT-001", "Enrollment", "Open", "2022-05-02", "eTMF 3"),
]


@pytest.fixture
def batch(north: Any, mara: Any, now: Any) -> MigrationBatch:
    assert applied(mara, now, "history", HISTORY, ROWS).new == 4
    return MigrationBatch.objects.get()


def signed_off(batch: MigrationBatch, by: Any, at: Any) -> None:
    proven = proof(batch, by, at)
    with act(by, "Read against the export"):
        golive.sign_off(batch=batch, reason="Read against the export", proof=proven, by=by, at=at)


def site() -> Site:
    return Site.objects.select_related("facility").get(number="AT-001")


def test_a_table_becomes_a_draft_and_the_same_table_changes_nothing(batch, mara, now):
    assert applied(mara, now, "history", HISTORY, ROWS).is_idle
    assert (batch.status, batch.source, batch.lines.count()) == ("DRAFT", "own.csv", 4)
    assert site().operational_status == "IDENTIFIED"


def test_signed_off_the_site_has_its_past_in_order_and_is_where_it_was(batch, petra, now):
    signed_off(batch, petra, now)
    here = site()
    assert (here.operational_status, here.status_on, here.enrollment_status) == (
        "ACTIVATED", date(2022, 5, 2), "OPEN",
    )  # fmt: skip
    opening = here.status_events.filter(move="OPENING", kind="OPERATIONAL").order_by("id")
    assert [(one.from_status, one.to_status, one.proof) for one in opening] == [
        ("IDENTIFIED", "SELECTED", "eTMF 1"), ("SELECTED", "INITIATED", "eTMF 2"), ("INITIATED", "ACTIVATED", "eTMF 3"),
    ]  # fmt: skip
    batch.refresh_from_db()
    assert batch.status == "SIGNED_OFF"


def test_a_table_that_meets_a_signature_changes_nothing_under_it(batch, mara, now, monkeypatch):
    def overtaken(**said: Any) -> MigrationBatch:
        MigrationBatch.objects.update(status="SIGNED_OFF")  # by somebody else, since the table was looked at
        return golive.draft_migration(**said)

    monkeypatch.setattr(import_history, "draft_migration", overtaken)
    with pytest.raises(Refusal) as refusal:
        applied(mara, now, "history", HISTORY, [("AT-001", "", "Selected", "2022-01-11", "eTMF 9")])
    assert refusal.value.code == "SIGNED_MEANWHILE"
    monkeypatch.undo()
    assert batch.lines.get(status="SELECTED").proof == "eTMF 1"


def test_it_is_not_undone_but_corrected(batch, mara, petra, now):
    signed_off(batch, petra, now)
    line = batch.lines.first()
    with act(mara):
        with pytest.raises(Refusal, match="corrected site by site"):
            golive.remove_line(line=line, by=mara)
        latest = site().status_events.filter(kind="OPERATIONAL").latest("id")
        statuses.correct_status(
            event=latest, to_status="START_UP", effective_on=date(2022, 5, 2), reason="Not yet open", by=mara, at=now
        )
    assert site().operational_status == "START_UP"
    assert batch.lines.count() == 4


def test_without_a_signature_or_the_right_nothing_enters(batch, petra, now):
    for by in (petra, person("idris")):
        with act(by), pytest.raises((Refusal, NotAllowed)):
            golive.sign_off(batch=batch, reason="Because", proof=None, by=by, at=now)
    assert site().status_events.count() == 1


@pytest.mark.requirement("P11-10g-2")
def test_who_gathered_any_of_it_does_not_sign_it(batch, mara, petra, now):
    with pytest.raises(Refusal, match="Who gathered"):
        signed_off(batch, mara, now)
    with act(petra):
        golive.remove_line(line=batch.lines.first(), by=petra)
    with pytest.raises(Refusal, match="Who gathered"):
        signed_off(batch, petra, now)
    assert site().status_events.count() == 1


def test_sites_with_a_history_here_and_days_to_come_are_refused_by_cell(batch, mara, now):
    rows = [
        ("DE-001", "", "Activated", "2022-01-01", "x"),
        ("AT-002", "", "Open", "2022-01-01", "x"),
        ("AT-002", "", "Closed", "2031-01-01", "x"),
        ("AT-002", "Enrollment", "Activated", "2022-01-01", "x"),
    ]
    assert wrong(mara, now, "history", HISTORY, rows) == [
        (2, "A (Site number)"), (3, "C (Status)"), (4, "D (Since)"), (5, "C (Status)"),
    ]  # fmt: skip


def test_a_site_that_moved_meanwhile_stops_the_signing(batch, mara, now):
    with act(mara):
        statuses.move_site(site=site(), move="contact", effective_on=date(2024, 3, 1), by=mara, at=now)
    (offer,) = MIGRATION.offers(batch, Request(person("petra")))
    assert offer.objections == ("Site AT-001 has a history here already: its lines have to go.",)


def test_lines_go_and_come_back_and_enrollment_alone_is_not_enough(batch, mara, now):
    with act(mara):
        for line in MigrationLine.objects.filter(kind="OPERATIONAL"):
            golive.remove_line(line=line, by=mara)
        (offer,) = MIGRATION.offers(batch, Request(person("petra")))
        assert offer.objections == ("Site AT-001 has an enrollment status and no status yet.",)
        golive.put_back_line(line=line, by=mara)
    assert batch.lines.count() == 2
    with acting(mara, reason="Again", channel=Channel.WEB):
        assert golive.draft_migration(study=Study.objects.get(), source="x", by=mara, at=now) == batch
