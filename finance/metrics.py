"""The numbers this room declares. Each equals the count, or the sum, of the list it leads to."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Case, CharField, Count, FilteredRelation, Q, Sum, Value, When
from django.urls import reverse
from django.utils.http import urlencode

from ctms.core import clock
from ctms.core.metrics import LIVE, Amounts, Metric, Source
from ctms.web.places import Place
from finance.filters import OPEN_RUNS, is_late
from finance.models import Payable, PaymentRun, RunStatus
from sites.counting import Group, groups_at, inside

_NET, _HELD = 1, 2  # of what `_sums` tells


def _payables(user: Any) -> Any:
    """With `stand`: paid, in a run, or for the next one."""
    paid = Case(
        When(line__request__confirmation__isnull=False, then=Value("paid")),
        When(line__isnull=False, then=Value("run")),
        default=Value("next"), output_field=CharField(),
    )  # fmt: skip
    standing = FilteredRelation("payment_lines", condition=Q(payment_lines__removed=False))
    rows: Any = Payable.objects.visible_to(user)
    return rows.alias(line=standing).annotate(stand=paid)


def _sums(places: Sequence[Place], user: Any) -> list[list[Group]]:
    """By `stand` and currency: how many, their net, and what they keep back."""
    return groups_at(_payables(user), places, "stand", "currency", of=(Count("pk"), Sum("net"), -Sum("holdback")))


def _number(stand: str) -> Callable[[list[Group]], tuple[int, Source]]:
    return lambda groups: (sum(group.number[0] for group in groups if group.looks[0] == stand), LIVE)


def _amounts(told: int, *stands: str) -> Callable[[list[Group]], tuple[Amounts, Source]]:
    def pick(groups: list[Group]) -> tuple[Amounts, Source]:
        found = Amounts()
        for group in groups:
            stand, currency = group.looks
            if not stands or stand in stands:
                found[currency] = found.get(currency, 0) + group.number[told]
        return found, LIVE

    return pick


def _list(**query: str) -> Callable[[Place], str]:
    def address(place: Place) -> str:
        asked = urlencode(query | inside(place))
        return reverse("payables", args=[place.sponsor.code, place.study.slug]) + (f"?{asked}" if asked else "")

    return address


PAYABLES_NEXT = Metric(
    "finance.payables_next", "Payables not in a run",
    "Payables that no payment run pays yet, those that take others back included.",
    _sums, _number("next"), _list(state="next"), generated=True,
)  # fmt: skip
PAYABLES_PAID = Metric(
    "finance.payables_paid", "Payables paid", "Payables whose payment the ERP confirmed.",
    _sums, _number("paid"), _list(state="paid"), generated=True,
)  # fmt: skip
AMOUNT_NEXT = Metric(
    "finance.amount_next", "Payable, with tax", "The net, tax included, of all payables that no payment run pays yet.",
    _sums, _amounts(_NET, "next"), _list(state="next"), generated=True,
)  # fmt: skip
AMOUNT_RUN = Metric(
    "finance.amount_run", "In payment runs, with tax", "The net, tax included, of all payables in a payment run whose "
    "payment the ERP has not confirmed.", _sums, _amounts(_NET, "run"), _list(state="going"), generated=True,
)  # fmt: skip
AMOUNT_PAID = Metric(
    "finance.amount_paid", "Paid, with tax",
    "The net, tax included, of all payables whose payment the ERP confirmed.",
    _sums, _amounts(_NET, "paid"), _list(state="paid"), generated=True,
)  # fmt: skip
AMOUNT_HELD = Metric(
    "finance.amount_held", "Held back, without tax",
    "What all payables keep back until their sites are closed, less what was given back.",
    _sums, _amounts(_HELD), _list(), generated=True,
)  # fmt: skip


def _runs(places: Sequence[Place], user: Any) -> list[list[tuple[str, bool, int]]]:
    """The payment runs of each place's study, by status and by whether a payment is past its day."""
    runs: Any = PaymentRun.objects.visible_to(user).filter(study__in={place.study.pk for place in places})
    told = runs.annotate(late=is_late(clock.today())).order_by().values_list("study", "status", "late")
    groups = list(told.annotate(Count("pk")))
    return [[tuple(row[1:]) for row in groups if row[0] == place.study.pk] for place in places]


def _runs_where(name: str, label: str, definition: str, stand: str, condition: Callable[..., bool]) -> Metric:
    def pick(groups: list[tuple[str, bool, int]]) -> tuple[int, Source]:
        return sum(number for status, late, number in groups if condition(status, late)), LIVE

    def address(place: Place) -> str:
        return reverse("runs", args=[place.sponsor.code, place.study.slug]) + f"?{urlencode({'status': stand})}"

    return Metric(f"finance.{name}", label, definition, _runs, pick, address, generated=True)


def _runs_in(status: RunStatus, name: str, label: str, definition: str) -> Metric:
    return _runs_where(name, label, definition, status, lambda found, late: found == status)


RUNS_OPEN = _runs_where(
    "runs_open", "Runs under way", "Payment runs that are neither paid nor cancelled.", "open",
    lambda status, late: status in OPEN_RUNS,
)  # fmt: skip
RUNS_LATE = _runs_where(
    "runs_late", "Runs with a late payment",
    "Payment runs with a payment whose day has passed and that the ERP has not confirmed.", "late",
    lambda status, late: late,
)  # fmt: skip
RUNS_TO_CONFIRM = _runs_in(
    RunStatus.CALCULATED, "runs_to_confirm", "Runs to confirm",
    "Payment runs whose activity the study manager has not confirmed yet.",
)  # fmt: skip
RUNS_TO_APPROVE = _runs_in(
    RunStatus.CONFIRMED, "runs_to_approve", "Runs to approve", "Payment runs that wait for the approval of finance."
)
RUNS_TO_RELEASE = _runs_in(
    RunStatus.APPROVED, "runs_to_release", "Runs to release", "Approved payment runs whose file the ERP has not got."
)
RUNS_AT_THE_ERP = _runs_in(
    RunStatus.RELEASED, "runs_at_erp", "Runs at the ERP", "Released payment runs that are not confirmed in full."
)
