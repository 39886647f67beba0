"""The numbers this room declares. Each equals the count of the list it leads to."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import BooleanField, Case, TextField, Value, When
from django.urls import reverse
from django.utils.http import urlencode

from ctms.core import clock
from ctms.core.metrics import Metric, Source, share
from ctms.web.places import Place
from monitoring.filters import STAGES, UNSETTLED, due
from monitoring.models import Deviation, FollowUpItem, FollowUpStatus, MonitoringVisit, Severity
from monitoring.queries import PUNCTUAL, came_due
from sites.counting import Group, groups_at, inside, kinds_at, total

_VISIT, _ITEM, _DEVIATION = "visit", "item", "deviation"
_NOTHING = Value("", TextField())


def _monitored(places: Sequence[Place], user: Any) -> list[list[Group]]:
    """Visits by status, by what is said of their days, and by whether they are this person's; follow-up items by status
    and by whether their day has passed; deviations that are not settled, by severity.
    """
    today = clock.today()
    said = Case(
        *(When(condition, then=Value(key)) for key, (_, condition) in due(today).items()),
        default=Value(""), output_field=TextField(),
    )  # fmt: skip
    visits: Any = MonitoringVisit.objects.visible_to(user).annotate(said=said, mine=_yes(monitor=user))
    items: Any = FollowUpItem.objects.visible_to(user).annotate(said=_NOTHING, passed=_yes(due_on__lt=today))
    unsettled: Any = Deviation.objects.visible_to(user).filter(UNSETTLED).annotate(said=_NOTHING, no=_yes(pk=None))
    kinds = {
        _VISIT: (visits, ("status", "said", "mine")),
        _ITEM: (items, ("status", "said", "passed")),
        _DEVIATION: (unsettled, ("severity", "said", "no")),
    }
    return kinds_at(kinds, places)


def _punctual(places: Sequence[Place], user: Any) -> list[list[Group]]:
    """Visits by the punctuality of their reports: two flags, as in `PUNCTUAL`."""
    return groups_at(came_due(MonitoringVisit.objects.visible_to(user), on=clock.today()), places, *PUNCTUAL)


def _yes(**condition: Any) -> Case:
    return Case(When(**condition, then=True), default=False, output_field=BooleanField())


def _sum(kind: str, condition: Callable[..., bool]) -> Callable[[list[Group]], tuple[int, Source]]:
    return total(lambda found, *looks: found == kind and condition(*looks))


def _list(name: str, **query: str) -> Callable[[Place], str]:
    def address(place: Place) -> str:
        asked = urlencode(query | inside(place))
        return reverse(name, args=[place.sponsor.code, place.study.slug]) + (f"?{asked}" if asked else "")

    return address


def _of_visits(name: str, label: str, definition: str, condition: Callable[..., bool], **query: str) -> Metric:
    return Metric(
        f"monitoring.{name}",
        label,
        definition,
        _monitored,
        _sum(_VISIT, condition),
        _list("visits", **query),
        generated=True,
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

REPORTS_DUE = Metric(
    "monitoring.reports_due", "Visit reports due",
    "Visits whose report was to be submitted by a day of the last twelve months.",
    _punctual, total(lambda due, in_time: due), _list("visits", report="report_came_due"), generated=True,
)  # fmt: skip
REPORTS_IN_TIME = Metric(
    "monitoring.reports_in_time", "Visit reports in time",
    "Visits whose report was to be submitted by a day of the last twelve months, and was by then.",
    _punctual, total(lambda due, in_time: in_time), _list("visits", report="report_in_time"), generated=True,
)  # fmt: skip
REPORTS_ON_TIME = share(
    "monitoring.reports_on_time", "Visit reports on time",
    "Visit reports submitted in time, in percent of those due in the last twelve months.",
    REPORTS_IN_TIME, REPORTS_DUE,
)  # fmt: skip
OPEN_FOLLOW_UPS = Metric(
    "monitoring.follow_ups_open", "Open follow-up items", "Follow-up items that are neither closed nor withdrawn.",
    _monitored, _sum(_ITEM, lambda status, said, passed: status == FollowUpStatus.OPEN),
    _list("follow-ups", status=FollowUpStatus.OPEN), generated=True,
)  # fmt: skip
LATE_FOLLOW_UPS = Metric(
    "monitoring.follow_ups_late", "Follow-up items overdue", "Open follow-up items whose day has passed.",
    _monitored, _sum(_ITEM, lambda status, said, passed: status == FollowUpStatus.OPEN and passed),
    _list("follow-ups", overdue="true"), generated=True,
)  # fmt: skip

OPEN_DEVIATIONS = Metric(
    "monitoring.deviations_open", "Open deviations", "Protocol deviations that are open, under review or confirmed.",
    _monitored, _sum(_DEVIATION, lambda *looks: True), _list("deviations", standing="open"), generated=True,
)  # fmt: skip
SERIOUS_DEVIATIONS = Metric(
    "monitoring.deviations_serious", "Serious deviations",
    "Protocol deviations that are open, under review or confirmed, and critical or major.",
    _monitored, _sum(_DEVIATION, lambda found, *looks: found in (Severity.CRITICAL, Severity.MAJOR)),
    _list("deviations", standing="serious"), generated=True,
)  # fmt: skip
CRITICAL_DEVIATIONS = Metric(
    "monitoring.deviations_critical", "Critical deviations",
    "Protocol deviations that are open, under review or confirmed, and critical.",
    _monitored, _sum(_DEVIATION, lambda found, *looks: found == Severity.CRITICAL),
    _list("deviations", standing="serious", severity=Severity.CRITICAL), generated=True,
)  # fmt: skip
