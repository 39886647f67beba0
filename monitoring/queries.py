"""What can be asked about monitoring: this room's public face to the rooms above, and to the facts of a site."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from ctms.core import protocols
from ctms.core.metrics import LIVE
from ctms.core.protocols import SiteFact
from monitoring.models import (
    GONE,
    Deviation,
    FollowUpItem,
    FollowUpStatus,
    MonitoringVisit,
    VisitEvent,
    VisitStatus,
    VisitType,
)
from monitoring.rules import escalation, known_questions
from sites.models import EvidenceCode, Site

WRITES = {
    EvidenceCode.SQV_APPROVED: VisitType.SQV,
    EvidenceCode.SIV: VisitType.SIV,
    EvidenceCode.COV_APPROVED: VisitType.COV,
}
"""The facts of a site that its visits write, and the kind of visit that does."""

PUNCTUAL = {
    "report_came_due": "Due in the last twelve months",
    "report_in_time": "Due in the last twelve months, submitted in time",
}


def question_words(item: FollowUpItem) -> str:
    """The question of a report that brought an item up, with its number; "" for none."""
    template = item.visit.template if item.visit else None
    if template is None or not item.question:
        return item.question
    asked = known_questions(template.content_sha256, item.visit.type, lambda: template.content).get(item.question)
    return f"{item.question} {asked.text}" if asked else item.question


def may_read_report(user: Any, visit: MonitoringVisit) -> bool:
    """Whether this person, who sees the visit, sees its report as it stands: once approved, everybody does."""
    if not visit.has_report:
        return False
    is_approved = visit.status in (VisitStatus.APPROVED, VisitStatus.CLOSED)
    return is_approved or protocols.authority().may(user, "monitoring.view_tripreport", visit)


def came_due(visits: QuerySet[MonitoringVisit], *, on: date) -> QuerySet[Any]:
    """The visits with what `PUNCTUAL` names."""
    submitted = VisitEvent.objects.filter(
        visit=OuterRef("pk"), move="submit", effective_on__lte=OuterRef("report_due_on")
    )
    due = ~Q(status__in=GONE) & Q(report_due_on__gt=on - timedelta(days=365), report_due_on__lte=on)
    return visits.annotate(report_came_due=due, report_in_time=due & Exists(submitted))


def owned_evidence(site: Site, code: str) -> str | None:
    """Why a fact of a visit is not recorded by hand: the site has such a visit, which writes it itself."""
    kind = WRITES.get(code)  # type: ignore[call-overload]
    if kind is None:
        return None
    visit = MonitoringVisit.objects.filter(site=site, type=kind).exclude(status__in=GONE).order_by("id").first()
    return f"{visit.label} writes this itself when it is done: see the site's visits." if visit else None


def escalated(items: QuerySet[FollowUpItem], *, on: date) -> QuerySet[Any]:
    """The items with `escalation`: how many steps an open one has gone by this day; 0 where it has gone none."""
    steps = escalation()
    cases = [
        When(status=FollowUpStatus.OPEN, due_on__lte=on - timedelta(days=steps[number - 1].after_days),
             then=Value(number))
        for number in range(len(steps), 0, -1)
    ]  # fmt: skip
    return items.annotate(escalation=Case(*cases, default=Value(0), output_field=IntegerField()))


def known_of(site: Site, at: datetime) -> Iterator[SiteFact]:
    """What monitoring knows of a site, for the report of its next visit."""
    visits = MonitoringVisit.objects.filter(site=site).exclude(status__in=GONE).exclude(ends_on=None)
    last = visits.order_by("-ends_on", "-pk").first()
    yield _fact("Last visit", f"{last.label}, {last.ends_on:%-d %b %Y}" if last else "None yet", at)
    items = FollowUpItem.objects.filter(site=site, status=FollowUpStatus.OPEN)
    is_open, late = items.count(), items.filter(due_on__lt=site.today(at)).count()
    yield _fact("Open follow-up items", f"{is_open}, {late} of them overdue" if late else str(is_open), at)
    on_record = Deviation.objects.filter(site=site).exclude(status__in=("NOT_A_DEVIATION", "DUPLICATE")).count()
    yield _fact("Deviations on record", str(on_record), at)


def _fact(label: str, value: str, at: datetime) -> SiteFact:
    return SiteFact(label, value, LIVE.system, f"{at:%-d %b %Y %H:%M} UTC")


def reference_of(visit: MonitoringVisit) -> str:
    """How a fact of the site names the visit that proves it."""
    return f"Visit report {visit.label}"
