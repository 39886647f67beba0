"""What may happen to a visit schedule next."""

from ctms.core.lifecycle import Lifecycle, Move, Request
from ctms.studies.models import ScheduleStatus, VisitSchedule


def has_undated_contacts(schedule: VisitSchedule, request: Request) -> str | None:
    """A day for every contact."""
    undated = schedule.contacts.filter(day=None).count()
    if undated == 0:
        return None
    return "One contact has no day yet." if undated == 1 else f"{undated} contacts have no day yet."


def is_empty(schedule: VisitSchedule, request: Request) -> str | None:
    """At least one contact."""
    return None if schedule.contacts.exists() else "The schedule has no contact yet."


SCHEDULE = Lifecycle(
    "Visit schedule",
    start=ScheduleStatus.DRAFT,
    statuses=ScheduleStatus,
    moves=(
        Move("approve", (ScheduleStatus.DRAFT,), ScheduleStatus.APPROVED, "studies.approve_schedule", "Approve",
             reason=True, unless=(is_empty, has_undated_contacts), signature="approval"),
        Move("retire", (ScheduleStatus.APPROVED,), ScheduleStatus.SUPERSEDED, "studies.approve_schedule", "Retire",
             reason=True, is_exit=True),
    ),
)  # fmt: skip
