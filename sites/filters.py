"""How lists of sites, facilities and people are searched and filtered; one declaration for page and files."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from sites.lifecycle import MAIN_PATH
from sites.models import EnrollmentStatus, Facility, OperationalStatus, Person, Site

S = OperationalStatus

STAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "candidate": ("Candidates", MAIN_PATH[: MAIN_PATH.index(S.SELECTED)]),
    "starting": ("In start-up", MAIN_PATH[MAIN_PATH.index(S.SELECTED) : MAIN_PATH.index(S.ACTIVATED)]),
    "active": ("Activated", (S.ACTIVATED,)),
    "closing": ("Closing or closed", MAIN_PATH[MAIN_PATH.index(S.CLOSE_OUT) :]),
    "out": ("Not taking part", (S.DECLINED, S.NOT_SELECTED, S.DO_NOT_USE, S.BACKUP, S.DROPPED, S.TERMINATED)),
}
"""The five groups people think in; every status is in exactly one."""


class SiteFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label="Search", widget=forms.SearchInput(attrs={"placeholder": "Number, facility or city"})
    )
    stage = django_filters.ChoiceFilter(
        method="in_stage",
        label="Stage",
        empty_label="All stages",
        choices=[(key, words) for key, (words, _) in STAGES.items()],
    )
    status = django_filters.ChoiceFilter(
        field_name="operational_status", label="Status", empty_label="All statuses", choices=OperationalStatus.choices
    )
    enrollment = django_filters.ChoiceFilter(
        field_name="enrollment_status",
        label="Enrollment",
        empty_label="Any enrollment",
        choices=EnrollmentStatus.choices,
    )
    country = django_filters.ChoiceFilter(field_name="country__country", label="Country", empty_label="All countries")

    class Meta:
        model = Site
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        place = getattr(self.request, "place", None)
        if place is None or place.country is not None:
            del self.filters["country"]
        else:
            self.filters["country"].extra["choices"] = [(one.country, one.name) for one in place.countries]

    def search(self, sites: QuerySet[Site], name: str, value: str) -> QuerySet[Site]:
        return sites.filter(
            Q(number__icontains=value)
            | Q(facility__name__icontains=value)
            | Q(facility__city__icontains=value)
            | Q(facility__postal_code__istartswith=value)
        )

    def in_stage(self, sites: QuerySet[Site], name: str, value: str) -> QuerySet[Site]:
        return sites.filter(operational_status__in=STAGES[value][1])


class FacilityFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label="Search", widget=forms.SearchInput(attrs={"placeholder": "Name or city"})
    )
    disclosed = django_filters.ChoiceFilter(
        method="by_name",
        label="Name",
        empty_label="Disclosed or not",
        choices=[("yes", "Disclosed"), ("no", "Undisclosed")],
    )

    class Meta:
        model = Facility
        fields: tuple[str, ...] = ()

    def search(self, facilities: QuerySet[Facility], name: str, value: str) -> QuerySet[Facility]:
        return facilities.filter(Q(name__icontains=value) | Q(city__icontains=value))

    def by_name(self, facilities: QuerySet[Facility], name: str, value: str) -> QuerySet[Facility]:
        return facilities.exclude(name="") if value == "yes" else facilities.filter(name="")


class PersonFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        field_name="name",
        lookup_expr="icontains",
        label="Search",
        widget=forms.SearchInput(attrs={"placeholder": "Name"}),
    )

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()
