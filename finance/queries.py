"""What can be asked about money: this room's public face to the rooms above."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum, TextField
from django.db.models.functions import Cast, JSONObject

from finance.models import (
    Agreement,
    AgreementVersion,
    BankDetail,
    BankStatus,
    Payable,
    PaymentLine,
    PaymentRequest,
    PaymentRun,
    VersionStatus,
)


@dataclass(frozen=True)
class Settlement:
    """What an agreement comes to, on contract basis: fees and overhead, holdback included; taxes are not in it."""

    earned: Decimal
    paid: Decimal  # by confirmed payments; tax withheld counts as paid, VAT does not
    held_back: Decimal
    maximum: Decimal | None

    @property
    def open(self) -> Decimal:
        return self.earned - self.paid - self.held_back

    @property
    def percent(self) -> int | None:
        """How much of the maximum is earned; None where there is none."""
        return int(self.earned * 100 / self.maximum) if self.maximum else None


def with_payment(payables: QuerySet[Payable]) -> QuerySet[Payable]:
    """The payables with `paid_by`, the reference of the request that pays them, and `paid_on`, the day on which the
    ERP says it did; None where there is none."""
    lines = PaymentLine.objects.filter(payable=OuterRef("pk"))
    return payables.annotate(
        paid_by=Subquery(lines.values("request__reference")[:1]),
        paid_on=Subquery(lines.values("request__confirmation__paid_on")[:1]),
    )


def in_force(on: date) -> QuerySet[AgreementVersion]:
    """Of each agreement the version that holds on a day: approved and begun; of two from the same day the later one."""
    begun = AgreementVersion.objects.filter(status=VersionStatus.APPROVED, effective_on__lte=on)
    return begun.order_by("agreement_id", "-effective_on", "-number").distinct("agreement_id")


def with_versions(agreements: QuerySet[Agreement], *, on: date) -> QuerySet[Agreement]:
    """The agreements with `approved`, the number of the version in force on a day, and `drafts`, that of a draft."""
    drafts = AgreementVersion.objects.filter(agreement=OuterRef("pk"), status=VersionStatus.DRAFT)
    return agreements.annotate(
        approved=Subquery(in_force(on).filter(agreement=OuterRef("pk")).values("number")),
        drafts=Subquery(drafts.order_by().values("number")),
    )


def settlement(agreement: Agreement, *, on: date) -> Settlement:
    """Where an agreement stands; its maximum is that of a day."""
    zero = Decimal(0)
    sums = Payable.objects.filter(agreement=agreement).aggregate(
        earned=Sum(F("direct") + F("overhead")), held=Sum("holdback")
    )
    confirmed = Q(request__confirmation__isnull=False)
    paid = PaymentLine.objects.filter(confirmed, payable__agreement=agreement).aggregate(
        total=Sum(F("payable__direct") + F("payable__overhead") + F("payable__holdback"))
    )
    terms = in_force(on).filter(agreement=agreement).first()
    return Settlement(
        earned=sums["earned"] or zero, paid=paid["total"] or zero, held_back=-(sums["held"] or zero),
        maximum=terms.maximum if terms else None,
    )  # fmt: skip


def remittance_lines(asked: PaymentRequest) -> QuerySet[Payable]:
    """What a request pays, subject by subject."""
    rows: QuerySet[Payable] = Payable.objects.filter(payment_lines__request=asked, payment_lines__removed=False)
    return rows.select_related("site", "fee", "payee").order_by("site__number", "subject", "occurred_on", "id")


def open_holdback(asked: PaymentRequest) -> Decimal:
    """What is still held back from this payee in this currency in the study, all runs together."""
    held = Payable.objects.filter(study=asked.study_id, payee=asked.payee_id, currency=asked.currency)
    return -(held.aggregate(total=Sum("holdback"))["total"] or Decimal(0))


def with_totals(runs: QuerySet[PaymentRun]) -> QuerySet[PaymentRun]:
    """The runs with `totals`: {currency, net} of what is paid in each currency."""
    paid = PaymentRequest.objects.filter(run=OuterRef("pk"), rolls_forward=False).order_by("currency")
    sums = paid.values("currency").annotate(sum=Sum("net"))
    exact = JSONObject(currency="currency", net=Cast("sum", TextField()))
    return runs.annotate(totals=ArraySubquery(sums.values(told=exact)))


def with_lines(requests: QuerySet[PaymentRequest]) -> QuerySet[PaymentRequest]:
    """The requests with what their lines come to.

    `line_count` is how many, `gross` fees and overhead, `held` the holdback, negative, `tax` the VAT less what is
    withheld. What waits for the next run has no lines.
    """
    standing = Q(lines__removed=False)
    return requests.annotate(
        line_count=Count("lines", filter=standing),
        gross=Sum(F("lines__payable__direct") + F("lines__payable__overhead"), filter=standing),
        held=Sum("lines__payable__holdback", filter=standing),
        tax=Sum(F("lines__payable__vat") + F("lines__payable__withholding"), filter=standing),
    )


def missing_bank_details(asked: Iterable[PaymentRequest], *, on: date | None) -> dict[int, str]:
    """Request -> why its payee's bank details do not let it be paid on a day, in a sentence; one statement for all.

    Those that may be paid are left out, and where no day is said their cooling-off is not looked at.
    """
    wanted = [one for one in asked if not one.rolls_forward]
    payees = {(one.study_id, one.payee_id) for one in wanted}
    studies, named = {study for study, _ in payees}, {payee for _, payee in payees}
    known = BankDetail.objects.filter(study__in=studies, payee__in=named)
    verified: dict[tuple[int, int], date] = {}
    changing: set[tuple[int, int]] = set()
    for detail in known if payees else ():
        if detail.status == BankStatus.PROPOSED:
            changing.add((detail.study_id, detail.payee_id))
        elif detail.status == BankStatus.VERIFIED:
            assert detail.usable_from is not None
            verified[detail.study_id, detail.payee_id] = detail.usable_from
    found = {}
    for one in wanted:
        key = (one.study_id, one.payee_id)
        if key not in verified:
            found[one.pk] = f"The bank details of {one.payee} are not verified."
        elif key in changing:
            found[one.pk] = f"A change of the bank details of {one.payee} waits to be verified."
        elif on is not None and verified[key] > on:
            found[one.pk] = f"The bank details of {one.payee} may be used from {verified[key]:%-d %b %Y} on."
    return found


def sums(lines: QuerySet[Payable]) -> dict[str, Any]:
    """The steps of all these lines together."""
    steps = ("direct", "overhead", "holdback", "vat", "withholding", "net")
    added = lines.order_by().aggregate(**{f"all_{step}": Sum(step) for step in steps})
    return {step: added[f"all_{step}"] or Decimal(0) for step in steps}
