"""How lists of money are searched and filtered."""

import django_filters
from django import forms
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Mod

from finance.models import RELEASE, Agreement, FactKind, Payable, PaymentRun, RunStatus

_SEARCH = forms.SearchInput


class AgreementFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label="Search", widget=_SEARCH(attrs={"placeholder": "Agreement or site"})
    )

    class Meta:
        model = Agreement
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Agreement], name: str, value: str) -> QuerySet[Agreement]:
        return rows.filter(Q(number__icontains=value) | Q(site__number__icontains=value))


class PayableFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label="Search", widget=_SEARCH(attrs={"placeholder": "Site, subject or payee"})
    )
    kind = django_filters.ChoiceFilter(
        label="Kind", empty_label="All kinds", choices=[*FactKind.choices, (RELEASE, "Holdback released")]
    )
    state = django_filters.ChoiceFilter(
        method="in_state", label="State", empty_label="All states",
        choices=[("open", "Not in a run yet"), ("run", "In a payment run"), ("back", "Takes one back")],
    )  # fmt: skip

    class Meta:
        model = Payable
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Payable], name: str, value: str) -> QuerySet[Payable]:
        return rows.filter(
            Q(site__number__icontains=value) | Q(subject__icontains=value) | Q(payee__name__icontains=value)
        )

    def in_state(self, rows: QuerySet[Payable], name: str, value: str) -> QuerySet[Payable]:
        rows = rows.annotate(odd=Mod(F("revision"), 2))
        if value == "back":
            return rows.filter(odd=0)
        return rows.filter(odd=1, paid_by__isnull=value == "open")


class RunFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(label="Status", empty_label="All statuses", choices=RunStatus.choices)

    class Meta:
        model = PaymentRun
        fields: tuple[str, ...] = ()
