"""What monitoring puts on people's desks: reports to write, review and approve, letters to send, items overdue."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from ctms.accounts import access
from ctms.core.protocols import CalendarDay, WorkItem
from monitoring.models import FollowUpItem, FollowUpStatus, Letter, MonitoringVisit, VisitStatus

V = VisitStatus
_MOST = 20


def reports(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Own visits and reports, and those of others that wait for this person's review or approval."""
    visits = MonitoringVisit.objects.visible_to(user).select_related("site__facility", "study", "monitor")
    visits = visits.defer("snapshot")
    own = visits.filter(monitor=user, status__in=(V.PLANNED, V.CONFIRMED, V.IN_PROGRESS, V.DRAFT, V.RETURNED))
    for visit in own.order_by("report_due_on", "planned_on", "pk")[:_MOST]:
        if visit.has_report:
            yield _item(sponsor, visit, "trip-report", visit.get_status_display(), visit.report_due_on, "Your reports")
        else:
            yield _item(sponsor, visit, "trip", visit.get_status_display(), visit.planned_on, "Your visits")
    waits = (
        (V.SUBMITTED, "monitoring.review_tripreport", "Reports to review"),
        (V.REVIEWED, "monitoring.approve_tripreport", "Reports to approve"),
    )
    for status, verb, heading in waits:
        here = visits.filter(access.within(access.held_at(user, verb), "site__scope__path"), status=status)
        if access.held_at(user, verb):
            for visit in here.exclude(monitor=user).order_by("approval_due_on", "pk")[:_MOST]:
                yield _item(sponsor, visit, "trip-report", visit.monitor.full_name, visit.approval_due_on, heading)


def letters(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Letters of this person's visits that were made and not sent; a follow-up letter waits for its review."""
    waiting = Letter.objects.visible_to(user).filter(visit__monitor=user, sent_on=None, replaced=False)
    gone = Q(visit__status__in=(V.CANCELLED, V.VOIDED))
    for one in waiting.exclude(gone).select_related("visit__site", "visit__study").order_by("due_on", "pk")[:_MOST]:
        visit = one.visit
        url = reverse("letter", args=[sponsor.code, visit.study.slug, visit.site.number, visit.pk, one.pk])
        yield WorkItem(
            f"{one.get_kind_display()}, {visit.label}", visit.site.number, url, one.due_on, "Letters to send"
        )


def follow_ups(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Follow-up items that are overdue where this person looks after them."""
    paths = access.held_at(user, "monitoring.edit_issue")
    if not paths:
        return
    items = FollowUpItem.objects.visible_to(user).filter(access.within(paths, "site__scope__path"))
    late = items.filter(status=FollowUpStatus.OPEN, due_on__lt=at.date()).select_related("site", "study")
    for item in late.order_by("due_on", "pk")[:_MOST]:
        url = reverse("follow-up", args=[sponsor.code, item.study.slug, item.site.number, item.number])
        sub = f"{item.site.number}, {item.get_severity_display().lower()}"
        yield WorkItem(f"{item}: {item.text}", sub, url, item.due_on, "Follow-up items overdue")


def visit_days(user: Any, sponsor: Any, at: datetime) -> Iterator[CalendarDay]:
    """Own visits that are planned or confirmed."""
    own = MonitoringVisit.objects.visible_to(user).filter(monitor=user, status__in=(V.PLANNED, V.CONFIRMED))
    for visit in own.select_related("site__facility", "study").defer("snapshot").order_by("planned_on", "pk"):
        url = reverse("trip", args=[sponsor.code, visit.study.slug, visit.site.number, visit.pk])
        text = f"{visit.get_status_display()}, {visit.get_mode_display().lower()}"
        title = f"{visit.label}, {visit.site.number} {visit.site.facility.city}"
        yield CalendarDay(f"visit-{visit.pk}", visit.planned_on, title, text, url)


def _item(sponsor: Any, visit: MonitoringVisit, page: str, sub: str, due_on: Any, heading: str) -> WorkItem:
    url = reverse(page, args=[sponsor.code, visit.study.slug, visit.site.number, visit.pk])
    return WorkItem(f"{visit.label}, {visit.site.number} {visit.site.facility.city}", sub, url, due_on, heading)
