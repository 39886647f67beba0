"""Approving and retiring versions of the visit schedule."""

from ctms.accounts.models import User
from ctms.core.lifecycle import Request
from ctms.core.protocols import Proof
from ctms.core.use_case import use_case
from ctms.integrations.registry import Domain, refuse_unless_master
from ctms.studies.lifecycle import SCHEDULE
from ctms.studies.models import ScheduleStatus, Study, VisitSchedule


@use_case
def move_schedule(
    *, schedule: VisitSchedule, move: str, reason: str, by: User, proof: Proof | None = None
) -> VisitSchedule:
    """Makes a move of a schedule version. Approving one supersedes the one approved before: there is only ever one.

    Args:
        proof: that `by` signs, for a move that takes a signature.
    """
    Study.objects.locked(schedule.study_id)  # two versions approved at once wait for each other here
    schedule = VisitSchedule.objects.select_related("study__scope").locked(schedule.pk)
    refuse_unless_master(schedule.study.scope, Domain.SCHEDULE)
    SCHEDULE.advance(schedule, move, Request(by, reason=reason, proof=proof))
    if schedule.status == ScheduleStatus.APPROVED:
        earlier = VisitSchedule.objects.filter(study=schedule.study_id, status=ScheduleStatus.APPROVED)
        earlier.update(status=ScheduleStatus.SUPERSEDED)
    schedule.save(update_fields=["status"])
    return schedule
