"""How lists of subjects and visits are searched and filtered."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from enrollment.models import (
    STANDING,
    Difference,
    Discrepancy,
    DiscrepancyStatus,
    Subject,
    SubjectStatus,
    SubjectVisit,
)
from enrollment.queries import VISIT_STATES

# Each name of `COUNTED` as a condition on subjects: what a count counts is the list under this filter.
COUNTED_AS: dict[str, tuple[str, Q]] = {
    "subjects": ("All subjects", Q()),
    "consented": ("Consented", Q(consented_on__isnull=False)),
    "in_screening": ("In screening", Q(status__in=["CONSENTED", "SCREENING", "ENROLLED"])),
    "screen_failed": ("Screen failed", Q(screen_failed_on__isnull=False)),
    "enrolled": ("Enrolled", Q(enrolled_on__isnull=False)),
    "randomised": ("Randomised", Q(randomised_on__isnull=False)),
    "treated": ("First dose given", Q(treated_on__isnull=False)),
    "completed": ("Completed", Q(completed_on__isnull=False)),
    "withdrawn": ("Withdrawn", Q(withdrawn_on__isnull=False)),
    "lost": ("Lost to follow-up", Q(lost_on__isnull=False)),
    "unknown": ("Status unknown", Q(status="UNKNOWN")),
}


class SubjectFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        field_name="number",
        lookup_expr="istartswith",
        label="Search",
        widget=forms.SearchInput(attrs={"placeholder": "Subject number"}),
    )
    counted = django_filters.ChoiceFilter(
        method="counts",
        label="Counted as",
        empty_label="Everybody, deleted ones too",
        choices=[(name, words) for name, (words, _) in COUNTED_AS.items()],
    )
    status = django_filters.ChoiceFilter(label="Status", empty_label="Any status", choices=SubjectStatus.choices)
    site = django_filters.CharFilter(
        field_name="site__number", label="Site", widget=forms.TextInput(attrs={"placeholder": "Site number"})
    )

    class Meta:
        model = Subject
        fields: tuple[str, ...] = ()

    def counts(self, subjects: QuerySet[Subject], name: str, value: str) -> QuerySet[Subject]:
        return subjects.exclude(status=SubjectStatus.DELETED).filter(COUNTED_AS[value][1])


class VisitFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        field_name="subject__number",
        lookup_expr="istartswith",
        label="Search",
        widget=forms.SearchInput(attrs={"placeholder": "Subject number"}),
    )
    state = django_filters.ChoiceFilter(
        label="State", method="stands", empty_label="Any state", choices=list(VISIT_STATES.items())
    )
    site = django_filters.CharFilter(
        field_name="subject__site__number", label="Site", widget=forms.TextInput(attrs={"placeholder": "Site number"})
    )

    class Meta:
        model = SubjectVisit
        fields: tuple[str, ...] = ()

    def stands(self, visits: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return visits.filter(state=value)


class DiscrepancyFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        field_name="number",
        lookup_expr="istartswith",
        label="Search",
        widget=forms.SearchInput(attrs={"placeholder": "Subject number"}),
    )
    state = django_filters.ChoiceFilter(
        label="State",
        method="stands",
        empty_label="Any state",
        choices=[("STANDING", "Not put right yet"), *DiscrepancyStatus.choices],
    )
    difference = django_filters.ChoiceFilter(
        label="Discrepancy", empty_label="Any discrepancy", choices=Difference.choices
    )
    country = django_filters.CharFilter(
        field_name="site__country__country", lookup_expr="iexact", label="Country",
        widget=forms.TextInput(attrs={"placeholder": "Country code"}),
    )  # fmt: skip
    site = django_filters.CharFilter(
        field_name="site__number", label="Site", widget=forms.TextInput(attrs={"placeholder": "Site number"})
    )

    class Meta:
        model = Discrepancy
        fields: tuple[str, ...] = ()

    def stands(self, rows: QuerySet[Discrepancy], name: str, value: str) -> QuerySet[Discrepancy]:
        return rows.filter(status__in=STANDING) if value == "STANDING" else rows.filter(status=value)
