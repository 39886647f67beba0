"""What studies put on people's desks: schedules that wait for approval, and the days a registry announced."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import F, Value
from django.urls import reverse

from ctms.accounts import access
from ctms.core.protocols import CalendarDay, WorkItem
from ctms.integrations.models import MappingStatus, MappingVersion
from ctms.studies.models import ScheduleStatus, Study, VisitSchedule

_DATES = (("start", "Start"), ("primary_completion", "Primary completion"), ("completion", "Completion"))


def drafts_to_approve(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Drafts of visit schedules, and of what another system's words mean here, for who may approve them."""
    parts = []
    if paths := access.held_at(user, "studies.approve_schedule"):
        schedules: Any = VisitSchedule.objects.visible_to(user)
        drafts = schedules.filter(access.within(paths, "study__scope__path"), status=ScheduleStatus.DRAFT).order_by()
        named = drafts.annotate(page=Value("schedule-version"), key=F("number"))
        parts.append(named.values_list("page", "study__slug", "study__protocol_no", "number", "key"))
    if paths := access.held_at(user, "integrations.approve_mapping"):
        mappings: Any = MappingVersion.objects.visible_to(user)
        here = access.within(paths, "connection__scope__path")
        drafts = mappings.filter(here, status=MappingStatus.DRAFT).order_by()
        named = drafts.annotate(page=Value("connection"), key=F("connection"))
        parts.append(named.values_list("page", "connection__scope__study__slug", "connection__name", "number", "key"))
    for page, slug, of, number, key in parts[0].union(*parts[1:], all=True) if parts else ():
        kind = "Visit schedule of {}, version {}" if page == "schedule-version" else "Mapping of {}, version {}"
        url = reverse(page, args=[sponsor.code, slug, key])
        yield WorkItem(kind.format(of, number), "Draft, to be approved", url, None, "Approvals", signs=True)


def milestones(user: Any, sponsor: Any, at: datetime) -> Iterator[CalendarDay]:
    """A study's start and ends, where the exact day is known."""
    for study in Study.objects.visible_to(user).order_by("pk"):
        url = reverse("study", args=[sponsor.code, study.slug])
        for field, words in _DATES:
            date = getattr(study, field)
            if date is not None and date.day is not None:
                kind = getattr(study, f"get_{field}_kind_display")() or "As entered"
                yield CalendarDay(f"study-{study.pk}-{field}", date.earliest(), f"{study}: {words.lower()}", kind, url)
