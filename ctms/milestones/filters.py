"""How the list of milestones is searched and filtered; one declaration for page, files and REST."""

from datetime import timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from ctms.accounts.access import within
from ctms.core import clock
from ctms.milestones.catalog import CODES
from ctms.milestones.models import Level, Milestone, State

WEEK = timedelta(days=7)
NO_DAY = "NO_DAY"
STATES_OF: dict[str, tuple[str, ...]] = {NO_DAY: (State.UNPLANNED, State.PASSED, State.NOT_EXPECTED)}
"""What can be asked for besides single states."""


class MilestoneFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label="Search", widget=forms.SearchInput(attrs={"placeholder": "Milestone, code or place"})
    )
    state = django_filters.ChoiceFilter(
        method="in_state", label="State", empty_label="Any state",
        choices=[*State.choices, (NO_DAY, "Without a day, for whatever reason")],
    )  # fmt: skip
    slipped = django_filters.ChoiceFilter(
        method="slip", label="Slipped", empty_label="Whether or not", choices=[("week", "In the last seven days")]
    )
    level = django_filters.ChoiceFilter(label="Level", empty_label="All levels", choices=Level.choices)
    code = django_filters.ChoiceFilter(label="Milestone", empty_label="All milestones", choices=CODES)
    country = django_filters.ChoiceFilter(method="in_country", label="Country", empty_label="All countries")

    class Meta:
        model = Milestone
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        place = getattr(self.request, "place", None)
        self.paths = {one.country: one.scope.path for one in place.countries} if place else {}
        if place:
            self.filters["country"].extra["choices"] = [(one.country, one.name) for one in place.countries]

    def search(self, milestones: QuerySet[Milestone], name: str, value: str) -> QuerySet[Milestone]:
        codes = [code for code, words in CODES if value.lower() in words.lower()]
        return milestones.filter(Q(code__in=codes) | Q(scope__label__icontains=value))

    def in_state(self, milestones: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return milestones.filter(state__in=STATES_OF.get(value, (value,)))

    def in_country(self, milestones: QuerySet[Milestone], name: str, value: str) -> QuerySet[Milestone]:
        return milestones.filter(within({self.paths[value]}, "scope__path"))

    def slip(self, milestones: Any, name: str, value: str) -> Any:
        return milestones.slipped(clock.now() - WEEK)
