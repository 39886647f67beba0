"""How lists of money are searched and filtered."""

from datetime import date

import django_filters
from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Mod

from ctms.core import clock
from ctms.core.money import CURRENCIES
from finance.models import RELEASE, Agreement, FactKind, Payable, PaymentLine, PaymentRequest, PaymentRun, RunStatus

_SEARCH = forms.SearchInput
OPEN_RUNS = (RunStatus.CALCULATED, RunStatus.CONFIRMED, RunStatus.APPROVED, RunStatus.RELEASED)


def is_late(on: date) -> Exists:
    """As a condition on runs: a payment should have been made by now, and the ERP did not confirm it."""
    due = PaymentRequest.objects.filter(
        run=OuterRef("pk"), rolls_forward=False, due_on__lt=on, confirmation=None, run__status__in=OPEN_RUNS
    )
    return Exists(due)


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
        choices=[("open", "Not in a run yet"), ("run", "In a payment run, paid or not"), ("back", "Takes one back"),
                 ("next", "For the next run, what takes back too"), ("going", "In a payment run, not paid yet"),
                 ("paid", "Paid, says the ERP")],
    )  # fmt: skip
    country = django_filters.CharFilter(
        field_name="site__country__country", lookup_expr="iexact", label="Country",
        widget=forms.TextInput(attrs={"placeholder": "Country code"}),
    )  # fmt: skip
    site = django_filters.CharFilter(
        field_name="site__number", label="Site", widget=forms.TextInput(attrs={"placeholder": "Site number"})
    )

    class Meta:
        model = Payable
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[Payable], name: str, value: str) -> QuerySet[Payable]:
        return rows.filter(
            Q(site__number__icontains=value) | Q(subject__icontains=value) | Q(payee__name__icontains=value)
        )

    def in_state(self, rows: QuerySet[Payable], name: str, value: str) -> QuerySet[Payable]:
        lines = PaymentLine.objects.filter(payable=OuterRef("pk"))
        if value == "next":
            return rows.filter(~Exists(lines))
        if value in ("going", "paid"):
            return rows.filter(Exists(lines.filter(request__confirmation__isnull=value == "going")))
        rows = rows.annotate(odd=Mod(F("revision"), 2))
        if value == "back":
            return rows.filter(odd=0)
        return rows.filter(odd=1, paid_by__isnull=value == "open")


class PaymentFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label="Search", widget=_SEARCH(attrs={"placeholder": "Payee or reference"})
    )
    state = django_filters.ChoiceFilter(
        method="in_state", label="State", empty_label="All states",
        choices=[("going", "To be paid"), ("paid", "Paid, says the ERP"), ("waits", "Waits for the next run")],
    )  # fmt: skip
    currency = django_filters.ChoiceFilter(
        label="Currency", empty_label="All currencies", choices=[(code, code) for code in CURRENCIES]
    )

    class Meta:
        model = PaymentRequest
        fields: tuple[str, ...] = ()

    def search(self, rows: QuerySet[PaymentRequest], name: str, value: str) -> QuerySet[PaymentRequest]:
        return rows.filter(Q(payee__name__icontains=value) | Q(reference__icontains=value))

    def in_state(self, rows: QuerySet[PaymentRequest], name: str, value: str) -> QuerySet[PaymentRequest]:
        if value == "waits":
            return rows.filter(rolls_forward=True)
        return rows.filter(rolls_forward=False, confirmation__isnull=value == "going")


class RunFilter(django_filters.FilterSet):
    status = django_filters.ChoiceFilter(
        method="stands", label="Status", empty_label="All statuses",
        choices=[("open", "Neither paid nor cancelled"), ("late", "With a payment past its day"), *RunStatus.choices],
    )  # fmt: skip

    class Meta:
        model = PaymentRun
        fields: tuple[str, ...] = ()

    def stands(self, runs: QuerySet[PaymentRun], name: str, value: str) -> QuerySet[PaymentRun]:
        if value == "late":
            return runs.filter(is_late(clock.today()))
        return runs.filter(status__in=OPEN_RUNS if value == "open" else (value,))
