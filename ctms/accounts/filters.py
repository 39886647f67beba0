"""How lists of roles held, members and delegations are searched."""

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from ctms.accounts import access
from ctms.accounts.columns import place_words
from ctms.accounts.held import held_on, shown
from ctms.accounts.models import Assignment, Delegation, Membership, Scope, ScopeKind
from ctms.accounts.roles import Role
from ctms.web.forms import DateInput


def _person() -> django_filters.CharFilter:
    return django_filters.CharFilter(
        field_name="user__full_name", lookup_expr="icontains", label="Person",
        widget=forms.SearchInput(attrs={"placeholder": "Name"}),
    )  # fmt: skip


class AssignmentFilter(django_filters.FilterSet):
    # First: it puts the roles of that day, as the trail knows them, in place of today's.
    on = django_filters.DateFilter(method="as_of", label="Who had access on", widget=DateInput)
    q = _person()
    role = django_filters.ChoiceFilter(label="Role", empty_label="All roles", choices=Role.choices)
    place = django_filters.ChoiceFilter(method="at", label="Where", empty_label="Everywhere")

    class Meta:
        model = Assignment
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.study = getattr(getattr(self.request, "place", None), "study", None)
        used = Q(pk__in=Assignment.objects.values("scope")) | Q(kind=ScopeKind.STUDY)
        scopes = Scope.objects.filter(used).exclude(path=Scope.ROOT).select_related("parent__parent__parent")
        if self.study is not None:
            scopes = scopes.filter(access.within({self.study.scope.path}, "path"))
        self.filters["place"].extra["choices"] = sorted(((str(one.pk), place_words(one)) for one in scopes),
                                                        key=lambda choice: choice[1])  # fmt: skip

    def as_of(self, rows: QuerySet[Any], name: str, value: date) -> QuerySet[Any]:
        held = shown(held_on(value), on=value, as_of=True)
        return held if self.study is None else held.filter(access.touching({self.study.scope.path}, "scope__path"))

    def at(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Roles held there, above or below."""
        return rows.filter(
            access.touching(Scope.objects.filter(pk=value).values_list("path", flat=True), "scope__path")
        )


class MemberFilter(django_filters.FilterSet):
    q = _person()
    active = django_filters.ChoiceFilter(
        field_name="is_open", label="Account", empty_label="Active or not",
        choices=[("True", "Active"), ("False", "Deactivated")],
    )  # fmt: skip

    class Meta:
        model = Membership
        fields: tuple[str, ...] = ()


class DelegationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        field_name="organisation__name", lookup_expr="icontains", label="CRO",
        widget=forms.SearchInput(attrs={"placeholder": "CRO"}),
    )  # fmt: skip

    class Meta:
        model = Delegation
        fields: tuple[str, ...] = ()
