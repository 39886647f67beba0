"""How lists of visits, follow-up items and deviations are searched and filtered."""

from datetime import date, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from ctms.core import clock
from monitoring.models import (
    GONE,
    CandidateKind,
    CandidateStatus,
    Deviation,
    DeviationCandidate,
    DeviationCategory,
    DeviationStatus,
    FollowUpItem,
    FollowUpStatus,
    MonitoringVisit,
    Severity,
    VisitStatus,
    VisitType,
)
from monitoring.queries import PUNCTUAL, came_due

V = VisitStatus

STAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "ahead": ("Ahead", (V.PLANNED, V.CONFIRMED)),
    "writing": ("Report being written", (V.IN_PROGRESS, V.DRAFT, V.RETURNED)),
    "signing": ("In review or approval", (V.SUBMITTED, V.REVIEWED)),
    "approved": ("Approved or closed", (V.APPROVED, V.CLOSED)),
    "gone": ("Cancelled or voided", GONE),
}
"""The five groups people think in; every status is in exactly one."""


SOON = timedelta(days=30)


def due(on: date) -> dict[str, tuple[str, Q]]:
    """What is said of visits by their days, each as a condition on visits."""
    ahead, writing, signing = (Q(status__in=STAGES[stage][1]) for stage in ("ahead", "writing", "signing"))
    return {
        "soon": ("To take place within 30 days", ahead & Q(planned_on__range=(on, on + SOON))),
        "late": ("Planned for a day that passed", ahead & Q(planned_on__lt=on)),
        "report": ("Report overdue", writing & Q(report_due_on__lt=on) | signing & Q(approval_due_on__lt=on)),
    }


UNSETTLED = Q(status__in=(DeviationStatus.OPEN, DeviationStatus.UNDER_REVIEW, DeviationStatus.CONFIRMED))
SERIOUS = Q(severity__in=(Severity.CRITICAL, Severity.MAJOR))


class _AtASite(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label="Search", widget=forms.SearchInput(attrs={"placeholder": "Site number or words"})
    )
    country = django_filters.CharFilter(
        field_name="site__country__country", lookup_expr="iexact", label="Country",
        widget=forms.TextInput(attrs={"placeholder": "Country code"}),
    )  # fmt: skip
    site = django_filters.CharFilter(
        field_name="site__number", label="Site", widget=forms.TextInput(attrs={"placeholder": "Site number"})
    )
    words: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        wanted = Q(site__number__icontains=value)
        for field in self.words:
            wanted |= Q(**{f"{field}__icontains": value})
        return rows.filter(wanted)


class VisitFilter(_AtASite):
    words = ("label", "monitor__full_name")

    stage = django_filters.ChoiceFilter(
        method="in_stage", label="Stage", empty_label="All stages",
        choices=[(key, words) for key, (words, _) in STAGES.items()],
    )  # fmt: skip
    status = django_filters.ChoiceFilter(label="Status", empty_label="All statuses", choices=VisitStatus.choices)
    type = django_filters.ChoiceFilter(label="Kind", empty_label="All kinds", choices=VisitType.choices)
    due = django_filters.ChoiceFilter(
        method="is_due", label="Due", empty_label="Whenever",
        choices=[(key, words) for key, (words, _) in due(date.min).items()],
    )  # fmt: skip
    report = django_filters.ChoiceFilter(
        method="of_report", label="Report", empty_label="Any report", choices=list(PUNCTUAL.items())
    )
    mine = django_filters.BooleanFilter(
        method="of_mine", label="Mine",
        widget=forms.Select(choices=[("", "Everybody's"), ("true", "Mine"), ("false", "Others'")]),
    )  # fmt: skip

    class Meta:
        model = MonitoringVisit
        fields: tuple[str, ...] = ()

    def in_stage(self, visits: QuerySet[MonitoringVisit], name: str, value: str) -> QuerySet[MonitoringVisit]:
        return visits.filter(status__in=STAGES[value][1])

    def is_due(self, visits: QuerySet[MonitoringVisit], name: str, value: str) -> QuerySet[MonitoringVisit]:
        return visits.filter(due(clock.today())[value][1])

    def of_report(self, visits: QuerySet[MonitoringVisit], name: str, value: str) -> QuerySet[MonitoringVisit]:
        return came_due(visits, on=clock.today()).filter(**{value: True})

    def of_mine(self, visits: QuerySet[MonitoringVisit], name: str, value: bool) -> QuerySet[MonitoringVisit]:
        mine = Q(monitor=self.request.user)
        return visits.filter(mine if value else ~mine)


class FollowUpFilter(_AtASite):
    words = ("text",)

    status = django_filters.ChoiceFilter(label="Status", empty_label="All statuses", choices=FollowUpStatus.choices)
    severity = django_filters.ChoiceFilter(label="Severity", empty_label="All severities", choices=Severity.choices)
    overdue = django_filters.BooleanFilter(
        method="is_overdue", label="Overdue",
        widget=forms.Select(choices=[("", "Due or not"), ("true", "Overdue"), ("false", "Not overdue")]),
    )  # fmt: skip

    class Meta:
        model = FollowUpItem
        fields: tuple[str, ...] = ()

    def is_overdue(self, items: QuerySet[FollowUpItem], name: str, value: bool) -> QuerySet[FollowUpItem]:
        late = Q(status=FollowUpStatus.OPEN, due_on__lt=clock.today())
        return items.filter(late) if value else items.exclude(late)


class DeviationFilter(_AtASite):
    words = ("description", "subject")

    status = django_filters.ChoiceFilter(label="Status", empty_label="All statuses", choices=DeviationStatus.choices)
    standing = django_filters.ChoiceFilter(
        method="stands", label="Standing", empty_label="Settled or not",
        choices=[("open", "Not settled"), ("serious", "Not settled, critical or major")],
    )  # fmt: skip
    severity = django_filters.ChoiceFilter(label="Severity", empty_label="All severities", choices=Severity.choices)
    category = django_filters.ChoiceFilter(
        label="Category", empty_label="All categories", choices=DeviationCategory.choices
    )

    class Meta:
        model = Deviation
        fields: tuple[str, ...] = ()

    def stands(self, deviations: QuerySet[Deviation], name: str, value: str) -> QuerySet[Deviation]:
        return deviations.filter(UNSETTLED if value == "open" else UNSETTLED & SERIOUS)


class CandidateFilter(_AtASite):
    words = ("number", "code")

    status = django_filters.ChoiceFilter(label="State", empty_label="Any state", choices=CandidateStatus.choices)
    kind = django_filters.ChoiceFilter(label="What", empty_label="Anything", choices=CandidateKind.choices)

    class Meta:
        model = DeviationCandidate
        fields: tuple[str, ...] = ()
