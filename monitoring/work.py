"""What monitoring puts on people's desks: reports to write, review and approve, letters to send, items overdue."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.http import urlencode

from ctms.accounts import access
from ctms.core.protocols import CalendarDay, WorkItem
from ctms.web.lists import rank
from monitoring.models import (
    GONE,
    CandidateStatus,
    Deviation,
    DeviationCandidate,
    DeviationStatus,
    FollowUpItem,
    FollowUpStatus,
    Letter,
    MonitoringVisit,
    Severity,
    VisitStatus,
)
from monitoring.queries import escalated
from monitoring.rules import escalation

V = VisitStatus
_MOST = 20
_UNASSESSED = (DeviationStatus.OPEN, DeviationStatus.UNDER_REVIEW)


def own_visits(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Own visits to confirm and to make, and own reports to write."""
    own = _visits(user).filter(monitor=user, status__in=(V.PLANNED, V.CONFIRMED, V.IN_PROGRESS, V.DRAFT, V.RETURNED))
    for visit in own.order_by("report_due_on", "planned_on", "pk")[:_MOST]:
        words = visit.get_status_display()
        if visit.has_report:
            yield _item(sponsor, visit, "trip-report", words, visit.report_due_on, "Your reports")
        elif visit.status == V.PLANNED:
            yield _item(sponsor, visit, "trip", "Planned, to be confirmed", visit.planned_on, "Visits to confirm")
        else:
            yield _item(sponsor, visit, "trip", words, visit.planned_on, "Your visits")


def reports_to_sign(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Others' reports that wait for this person's review or approval."""
    waits = {
        V.SUBMITTED: ("monitoring.review_tripreport", "Reports to review"),
        V.REVIEWED: ("monitoring.approve_tripreport", "Reports to approve"),
    }
    held = {status: access.held_at(user, verb) for status, (verb, _) in waits.items()}
    theirs = [Q(access.within(paths, "site__scope__path"), status=status) for status, paths in held.items() if paths]
    if not theirs:
        return
    visits = _visits(user).filter(reduce(or_, theirs)).exclude(monitor=user)
    for visit in visits.order_by("approval_due_on", "pk")[: 2 * _MOST]:
        heading = waits[V(visit.status)][1]
        yield _item(sponsor, visit, "trip-report", visit.monitor.full_name, visit.approval_due_on, heading, signs=True)


def letters(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Letters of this person's visits that were made and not sent; a follow-up letter waits for its review."""
    waiting = Letter.objects.visible_to(user).filter(visit__monitor=user, sent_on=None, replaced=False)
    gone = Q(visit__status__in=GONE)
    for one in waiting.exclude(gone).select_related("visit__site", "visit__study").order_by("due_on", "pk")[:_MOST]:
        visit = one.visit
        url = reverse("letter", args=[sponsor.code, visit.study.slug, visit.site.number, visit.pk, one.pk])
        yield WorkItem(
            f"{one.get_kind_display()}, {visit.label}", visit.site.number, url, one.due_on, "Letters to send"
        )


def follow_ups(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Follow-up items that are overdue where this person looks after them; of sites that others monitor, only those
    that were escalated to who reviews or approves reports there."""
    paths = access.held_at(user, "monitoring.edit_issue")
    if not paths:
        return
    above = {step.verb: access.held_at(user, step.verb) for step in escalation()}
    everything = paths - set().union(*above.values()) | access.held_at(user, "monitoring.author_tripreport")
    wanted = access.within(everything, "site__scope__path")
    for step in escalation():
        since = at.date() - timedelta(days=step.after_days)
        wanted |= access.within(above[step.verb], "site__scope__path") & Q(due_on__lte=since)
    items = escalated(FollowUpItem.objects.visible_to(user).filter(wanted), on=at.date())
    late = items.filter(status=FollowUpStatus.OPEN, due_on__lt=at.date()).select_related("site", "study")
    for item in late.order_by("due_on", "pk")[:_MOST]:
        url = reverse("follow-up", args=[sponsor.code, item.study.slug, item.site.number, item.number])
        how_far = f", escalated to {escalation()[item.escalation - 1].to}" if item.escalation else ""
        sub = f"{item.site.number}, {item.get_severity_display().lower()}{how_far}"
        yield WorkItem(f"{item}: {item.text}", sub, url, item.due_on, "Follow-up items overdue")


def deviations(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Deviations that nobody assessed yet, the gravest first, where this person looks after them."""
    paths = access.held_at(user, "monitoring.edit_issue")
    if not paths:
        return
    rows = Deviation.objects.visible_to(user).filter(access.within(paths, "site__scope__path"), status__in=_UNASSESSED)
    ordered = rows.select_related("site", "study").order_by(rank("severity", Severity.values), "discovered_on", "pk")
    for one in ordered[:_MOST]:
        url = reverse("deviation", args=[sponsor.code, one.study.slug, one.site.number, one.number])
        about = one.subject or one.site.number
        sub = f"{about}, {one.get_severity_display().lower()}, {one.get_status_display().lower()}"
        yield WorkItem(f"{one}: {one.description}", sub, url, None, "Deviations to assess")


def candidates(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Sites with candidates for deviations on which this person may decide, whose oldest waits longest first."""
    paths = access.held_at(user, "monitoring.edit_issue")
    if not paths:
        return
    rows = DeviationCandidate.objects.visible_to(user).filter(access.within(paths, "site__scope__path"))
    waiting = rows.filter(status=CandidateStatus.OPEN).order_by().values("study__slug", "site__number")
    for row in waiting.annotate(many=Count("pk"), since=Min("found_at")).order_by("since", "site__number")[:_MOST]:
        address = reverse("deviation-candidates", args=[sponsor.code, row["study__slug"]])
        url = f"{address}?{urlencode({'q': row['site__number'], 'status': CandidateStatus.OPEN})}"
        sub = f"{row['many']} since {row['since']:%-d %b %Y}"
        yield WorkItem(f"Site {row['site__number']}", sub, url, None, "Visits outside their windows")


def visit_days(user: Any, sponsor: Any, at: datetime) -> Iterator[CalendarDay]:
    """Own visits that are planned or confirmed."""
    own = MonitoringVisit.objects.visible_to(user).filter(monitor=user, status__in=(V.PLANNED, V.CONFIRMED))
    for visit in own.select_related("site__facility", "study").defer("snapshot").order_by("planned_on", "pk"):
        url = reverse("trip", args=[sponsor.code, visit.study.slug, visit.site.number, visit.pk])
        text = f"{visit.get_status_display()}, {visit.get_mode_display().lower()}"
        title = f"{visit.label}, {visit.site.number} {visit.site.facility.city}"
        yield CalendarDay(f"visit-{visit.pk}", visit.planned_on, title, text, url)


def _visits(user: Any) -> Any:
    visits = MonitoringVisit.objects.visible_to(user).select_related("site__facility", "study", "monitor")
    return visits.defer("snapshot")


def _item(
    sponsor: Any, visit: MonitoringVisit, page: str, sub: str, due_on: Any, heading: str, *, signs: bool = False
) -> WorkItem:
    url = reverse(page, args=[sponsor.code, visit.study.slug, visit.site.number, visit.pk])
    return WorkItem(f"{visit.label}, {visit.site.number} {visit.site.facility.city}", sub, url, due_on, heading, signs)
