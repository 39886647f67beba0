"""Lists of this floor: the organisations a sponsor works with."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from ctms.accounts.models import Organisation, OrganisationKind
from ctms.web.columns import Column
from ctms.web.lists import ListView
from ctms.web.places import InSponsor


class OrganisationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", label="Search",
        widget=forms.SearchInput(attrs={"placeholder": "Name"}),
    )  # fmt: skip
    kind = django_filters.ChoiceFilter(label="Kind", empty_label="All kinds", choices=OrganisationKind.choices)

    class Meta:
        model = Organisation
        fields: tuple[str, ...] = ()


class OrganisationList(InSponsor, ListView):
    """The sponsor itself, its CROs, site organisations and vendors."""

    page = "organisations"
    title = "Organisations"
    noun = ("organisation", "organisations")
    columns = (
        Column("name", "Organisation", lambda row: row.name, "text", ("name",), phone="title", generated=True,
               machine="name"),
        Column("kind", "Kind", lambda row: row.get_kind_display(), "text", ("kind",), phone="main",
               machine="kind"),
        Column("country", "Country", lambda row: row.country, "text", ("country",), machine="country"),
    )  # fmt: skip
    filterset_class = OrganisationFilter
    default_sort = "name"
    file_name = "organisations"

    def rows(self) -> QuerySet[Any]:
        return Organisation.objects.visible_to(self.request.user)
