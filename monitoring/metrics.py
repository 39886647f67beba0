"""The numbers this room declares. Each equals the count of the list it leads to."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Case, CharField, Q, Value, When
from django.urls import reverse
from django.utils.http import urlencode

from ctms.core import clock
from ctms.core.metrics import Metric
from ctms.web.places import Place
from monitoring.filters import STAGES, UNSETTLED, due
from monitoring.models import Deviation, FollowUpItem, FollowUpStatus, MonitoringVisit, Severity
from sites.counting import Group, groups_at, inside, total


def _visits(places: Sequence[Place], user: Any) -> list[list[Group]]:
    """Visits by status, by what is said of their days, and by whether they are this person's."""
    said = Case(
        *(When(condition, then=Value(key)) for key, (_, condition) in due(clock.today()).items()),
        default=Value(""), output_field=CharField(),
    )  # fmt: skip
    rows: Any = MonitoringVisit.objects.visible_to(user)
    return groups_at(rows.annotate(said=said, mine=Q(monitor=user)), places, "status", "said", "mine")


def _follow_ups(places: Sequence[Place], user: Any) -> list[list[Group]]:
    """Follow-up items by status, and by whether their day has passed."""
    rows: Any = FollowUpItem.objects.visible_to(user)
    return groups_at(rows.annotate(has_passed=Q(due_on__lt=clock.today())), places, "status", "has_passed")


def _deviations(places: Sequence[Place], user: Any) -> list[list[Group]]:
    """Deviations that are not settled, by severity."""
    return groups_at(Deviation.objects.visible_to(user).filter(UNSETTLED), places, "severity")


def _list(name: str, **query: str) -> Callable[[Place], str]:
    def address(place: Place) -> str:
        asked = urlencode(query | inside(place))
        return reverse(name, args=[place.sponsor.code, place.study.slug]) + (f"?{asked}" if asked else "")

    return address


def _of_visits(name: str, label: str, definition: str, condition: Callable[..., bool], **query: str) -> Metric:
    return Metric(
        f"monitoring.{name}", label, definition, _visits, total(condition), _list("visits", **query), generated=True
    )


VISITS = _of_visits(
    "visits", "Monitoring visits", "Monitoring visits planned, made or cancelled.", lambda status, said, mine: True
)
VISITS_SOON = _of_visits(
    "visits_soon", "Visits in 30 days", "Planned or confirmed visits whose day is today or in the next 30 days.",
    lambda status, said, mine: said == "soon", due="soon",
)  # fmt: skip
VISITS_LATE = _of_visits(
    "visits_late", "Visits overdue", "Visits still planned or confirmed although their day has passed.",
    lambda status, said, mine: said == "late", due="late",
)  # fmt: skip
REPORTS_WRITING = _of_visits(
    "reports_writing", "Reports being written", "Visits that took place and whose report is not submitted.",
    lambda status, said, mine: status in STAGES["writing"][1], stage="writing",
)  # fmt: skip
REPORTS_SIGNING = _of_visits(
    "reports_signing", "Reports in review", "Visits whose report is submitted and not approved yet.",
    lambda status, said, mine: status in STAGES["signing"][1], stage="signing",
)  # fmt: skip
REPORTS_LATE = _of_visits(
    "reports_late", "Visit reports overdue",
    "Visits whose report was to be submitted, or was submitted and to be approved, by a day that has passed.",
    lambda status, said, mine: said == "report", due="report",
)  # fmt: skip
REPORTS_APPROVED = _of_visits(
    "reports_approved", "Reports approved", "Visits whose report is approved, the closed ones included.",
    lambda status, said, mine: status in STAGES["approved"][1], stage="approved",
)  # fmt: skip
MY_VISITS_SOON = _of_visits(
    "my_visits_soon", "My visits in 30 days",
    "Planned or confirmed visits of the person who looks, today or in the next 30 days.",
    lambda status, said, mine: mine and said == "soon", due="soon", mine="true",
)  # fmt: skip
MY_DRAFTS = _of_visits(
    "my_drafts", "My drafts", "Visits made by the person who looks, whose report is not submitted.",
    lambda status, said, mine: mine and status in STAGES["writing"][1], stage="writing", mine="true",
)  # fmt: skip
MY_REPORTS_LATE = _of_visits(
    "my_reports_late", "My reports overdue",
    "Visits of the person who looks whose report was to be submitted, or approved, by a day that has passed.",
    lambda status, said, mine: mine and said == "report", due="report", mine="true",
)  # fmt: skip

OPEN_FOLLOW_UPS = Metric(
    "monitoring.follow_ups_open", "Open follow-up items", "Follow-up items that are neither closed nor withdrawn.",
    _follow_ups, total(lambda status, has_passed: status == FollowUpStatus.OPEN),
    _list("follow-ups", status=FollowUpStatus.OPEN), generated=True,
)  # fmt: skip
LATE_FOLLOW_UPS = Metric(
    "monitoring.follow_ups_late", "Follow-up items overdue", "Open follow-up items whose day has passed.",
    _follow_ups, total(lambda status, has_passed: status == FollowUpStatus.OPEN and has_passed),
    _list("follow-ups", overdue="true"), generated=True,
)  # fmt: skip

OPEN_DEVIATIONS = Metric(
    "monitoring.deviations_open", "Open deviations", "Protocol deviations that are open, under review or confirmed.",
    _deviations, total(), _list("deviations", standing="open"), generated=True,
)  # fmt: skip
SERIOUS_DEVIATIONS = Metric(
    "monitoring.deviations_serious", "Serious deviations",
    "Protocol deviations that are open, under review or confirmed, and critical or major.",
    _deviations, total(lambda severity: severity in (Severity.CRITICAL, Severity.MAJOR)),
    _list("deviations", standing="serious"), generated=True,
)  # fmt: skip
CRITICAL_DEVIATIONS = Metric(
    "monitoring.deviations_critical", "Critical deviations",
    "Protocol deviations that are open, under review or confirmed, and critical.",
    _deviations, total(lambda severity: severity == Severity.CRITICAL),
    _list("deviations", standing="serious", severity=Severity.CRITICAL), generated=True,
)  # fmt: skip
