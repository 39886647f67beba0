"""Approving and retiring versions of the visit schedule: one is approved at a time, and only with a person's reason."""

from datetime import timedelta

import pytest

from ctms.core.refusals import BadInput, NotAllowed, Refusal
from ctms.studies.models import ScheduledContact, VisitSchedule
from ctms.studies.services.schedules import move_schedule
from tests.calendar import SHOWN_FROM
from tests.conftest import act, person
from tests.factories import make
from tests.signing import proof

pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule(north, petra) -> VisitSchedule:
    """A draft with one contact, on day 0."""
    with act(petra):
        draft = make(VisitSchedule)
        make(ScheduledContact, schedule=draft, day=timedelta())
    return draft


def move(schedule: VisitSchedule, name: str, username: str = "mara", reason: str = "As decided") -> VisitSchedule:
    by = person(username)
    signature = proof(schedule, by, SHOWN_FROM) if name == "approve" and username == "mara" else None
    with act(by):
        return move_schedule(schedule=schedule, move=name, reason=reason, by=by, proof=signature)


def statuses() -> dict[int, str]:
    return dict(VisitSchedule.objects.values_list("pk", "status"))


def test_approving_a_version_supersedes_the_one_approved_before(schedule):
    move(schedule, "approve")
    with act(person("mara")):
        newer = make(VisitSchedule)
        make(ScheduledContact, schedule=newer, day=timedelta())
    move(newer, "approve")
    assert (statuses()[schedule.pk], statuses()[newer.pk]) == ("SUPERSEDED", "APPROVED")
    move(newer, "retire")
    assert "APPROVED" not in statuses().values()


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        (Refusal, "WRONG_STATUS", {"name": "retire"}),
        (Refusal, "NO_SUCH_MOVE", {"name": "publish"}),
        (BadInput, "REASON", {"name": "approve", "reason": " . "}),
        (NotAllowed, "MAY_NOT_MOVE", {"name": "approve", "username": "idris"}),
    ],
)
def test_refusals_change_nothing(schedule, kind, code, said):
    before = statuses(), VisitSchedule.history.count()
    with pytest.raises(kind) as error:
        move(schedule, **said)
    assert error.value.code == code
    assert (statuses(), VisitSchedule.history.count()) == before


def test_a_contact_without_a_day_stands_against_approval(schedule):
    with act(person("mara")):
        make(ScheduledContact, schedule=schedule, day=None)
    with pytest.raises(Refusal, match="One contact has no day yet"):
        move(schedule, "approve")
    assert statuses()[schedule.pk] == "DRAFT"
