"""What studies put on people's desks: schedules that wait for approval, and the days a registry announced."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse

from ctms.accounts import access
from ctms.core.protocols import CalendarDay, WorkItem
from ctms.studies.models import ScheduleStatus, Study, VisitSchedule

_DATES = (("start", "Start"), ("primary_completion", "Primary completion"), ("completion", "Completion"))


def schedules_to_approve(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Draft versions of visit schedules, for who may approve them."""
    paths = access.held_at(user, "studies.approve_schedule")
    if not paths:
        return
    drafts = VisitSchedule.objects.visible_to(user).filter(
        access.within(paths, "study__scope__path"), status=ScheduleStatus.DRAFT
    )
    for draft in drafts.select_related("study").order_by("study__protocol_no", "number"):
        url = reverse("schedule-version", args=[sponsor.code, draft.study.slug, draft.number])
        yield WorkItem(f"Visit schedule of {draft.study}, version {draft.number}", "Draft, to be approved", url, None,
                       "Approvals")  # fmt: skip


def milestones(user: Any, sponsor: Any, at: datetime) -> Iterator[CalendarDay]:
    """A study's start and ends, where the exact day is known."""
    for study in Study.objects.visible_to(user).order_by("pk"):
        url = reverse("study", args=[sponsor.code, study.slug])
        for field, words in _DATES:
            date = getattr(study, field)
            if date is not None and date.day is not None:
                kind = getattr(study, f"get_{field}_kind_display")() or "As entered"
                yield CalendarDay(f"study-{study.pk}-{field}", date.earliest(), f"{study}: {words.lower()}", kind, url)
