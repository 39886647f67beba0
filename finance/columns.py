"""What lists of agreements, payables and payment runs show."""

from datetime import date
from decimal import Decimal
from typing import Any

from ctms.core import money
from ctms.core.wording import counted
from ctms.web.columns import Column
from finance.models import Agreement, PaymentRequest, PaymentRun, RunStatus, VersionStatus

R = RunStatus
GROSS, NET = "Gross, without tax", "Net, with tax"  # fees and overhead; what is paid
VERSION_TONES = {VersionStatus.DRAFT: "info", VersionStatus.APPROVED: "sign", VersionStatus.DISCARDED: "mute"}
RUN_TONES = {R.CALCULATED: "info", R.CONFIRMED: "sign", R.APPROVED: "ok", R.RELEASED: "info", R.PAID: "ok",
             R.CANCELLED: "mute"}  # fmt: skip


def _amount(field: str) -> Any:
    return lambda row: money.rounded(getattr(row, field), row.currency)


def _sum(*fields: str) -> Any:
    return lambda row: money.rounded(sum((getattr(row, field) for field in fields), Decimal(0)), row.currency)


def payable_state(payable: Any) -> tuple[str, str]:
    """What became of a payable, by annotated `paid_by` and `paid_on` (`queries.with_payment`), in words, and their
    tone."""
    words, tone = "Not in a run yet", "mute"
    if payable.paid_on:
        words, tone = _paid(payable.paid_on), "ok"
    elif payable.paid_by:
        words, tone = "In a payment run", "info"
    return (f"Takes one back. {words}", "mute") if payable.is_reversal else (words, tone)


def payment_state(asked: PaymentRequest) -> tuple[str, str]:
    """What became of a payment, in words, and their tone."""
    if asked.rolls_forward:
        return "Waits for the next run", "watch"
    confirmation = getattr(asked, "confirmation", None)
    return (_paid(confirmation.paid_on), "ok") if confirmation else ("To be paid", "info")


def why_it_waits(asked: PaymentRequest) -> str:
    """Which of the two keeps a payment for the next run; "" where nothing does."""
    if not asked.rolls_forward:
        return ""
    return "Below the smallest payment" if asked.net > 0 else "As much is taken back as is owed, or more"


def _paid(on: date) -> str:
    return f"Paid {on:%-d %b %Y}"


def totals(run: PaymentRun) -> dict[str, Decimal]:
    """What the run pays, each currency by itself, from annotated `totals`."""
    told = run.totals  # type: ignore[attr-defined]
    return {one["currency"]: money.rounded(Decimal(one["net"]), one["currency"]) for one in told}


def _of_lines(field: str) -> Any:
    """What the lines come to; nothing of what waits, which has none."""
    return lambda asked: None if asked.rolls_forward else money.rounded(getattr(asked, field), asked.currency)


def version_words(agreement: Agreement) -> str:
    """Annotated `approved` and `drafts` are numbers of versions."""
    approved, draft = agreement.approved, agreement.drafts  # type: ignore[attr-defined]
    if approved is None:
        return "Draft" if draft else "Not yet"
    return f"Version {approved}, amendment drafted" if draft else f"Version {approved}"


AGREEMENT_COLUMNS = (
    Column("number", "Agreement", lambda one: one.number, "id", ("number",), phone="title", is_link=True,
           machine="number"),
    Column("site", "Site", lambda one: one.site.number, "id", ("site__number",), phone="main",
           sub=lambda one: one.site.facility.name or one.site.facility.place, machine="site__number"),
    Column("currency", "Currency", lambda one: one.currency, "text", ("currency",), machine="currency"),
    Column("version", "In force", version_words, "status", phone="main",
           tone=lambda one: "info" if one.approved is None or one.drafts else "ok"),
    Column("approved", "Version in force", lambda one: one.approved, "number", only_exported=True,
           machine="approved"),
)  # fmt: skip

PAYABLE_COLUMNS = (
    Column("key", "No.", lambda one: one.pk, "number", phone="title", is_link=True),
    Column("site", "Site", lambda one: one.site.number, "id", ("site__number",), phone="main",
           machine="site__number"),
    Column("subject", "Subject", lambda one: one.subject, "id", ("subject",), machine="subject"),
    Column("item", "For", lambda one: one.purpose, "text", ("item",), phone="main",
           sub=lambda one: one.get_kind_display(), machine="item"),
    Column("occasion", "Occasion", lambda one: one.occasion, only_exported=True, machine="occasion"),
    Column("kind", "Kind", lambda one: one.get_kind_display(), only_exported=True, machine="kind"),
    Column("occurred_on", "On", lambda one: one.occurred_on, "date", ("occurred_on",), machine="occurred_on"),
    Column("payee", "Payee", lambda one: one.payee.name, "text", ("payee__name",), machine="payee__name"),
    Column("currency", "Currency", lambda one: one.currency, "text", ("currency",), machine="currency"),
    Column("direct", "Fee", _amount("direct"), "number", only_exported=True, machine="direct"),
    Column("overhead", "Overhead", _amount("overhead"), "number", only_exported=True, machine="overhead"),
    Column("gross", GROSS, _sum("direct", "overhead"), "number", phone="hide"),
    Column("holdback", "Held back", _amount("holdback"), "number", phone="hide", machine="holdback"),
    Column("vat", "VAT", _amount("vat"), "number", only_exported=True, machine="vat"),
    Column("withholding", "Tax withheld", _amount("withholding"), "number", only_exported=True,
           machine="withholding"),
    Column("tax", "Tax", _sum("vat", "withholding"), "number", phone="hide"),
    Column("net", NET, _amount("net"), "number", ("net",), phone="main", machine="net"),
    Column("revision", "Revision", lambda one: one.revision, "number", only_exported=True, machine="revision"),
    Column("fact", "Fact", lambda one: one.fact_id, only_exported=True, machine="fact_id"),
    Column("source", "Source", lambda one: one.source, only_exported=True, machine="source"),
    Column("state", "State", lambda one: payable_state(one)[0], "status", phone="main",
           tone=lambda one: payable_state(one)[1]),
    Column("payment", "Payment", lambda one: one.paid_by or "", only_exported=True, machine="paid_by"),
)  # fmt: skip

PAYMENT_COLUMNS = (
    Column("payee", "Payee", lambda one: one.payee.name, "text", ("payee__name", "reference"), phone="title",
           sub=lambda one: one.reference, is_link=True),
    Column("reference", "Reference", lambda one: one.reference, only_exported=True),
    Column("lines", "Lines", lambda one: one.line_count, "number", only_exported=True),
    Column("gross", GROSS, _of_lines("gross"), "number",
           sub=lambda one: counted(one.line_count, "line") if one.line_count else ""),
    Column("held", "Held back", _of_lines("held"), "number"),
    Column("tax", "Tax", _of_lines("tax"), "number"),
    Column("currency", "Currency", lambda one: one.currency, only_exported=True),
    Column("net", NET, _amount("net"), "number", ("currency", "net"), sub=lambda one: one.currency),
    Column("due_on", "Due", lambda one: None if one.rolls_forward else one.due_on, "date", ("due_on",)),
    Column("state", "State", lambda one: payment_state(one)[0], "status", ("rolls_forward", "reference"),
           sub=why_it_waits, phone="main", tone=lambda one: payment_state(one)[1]),
)  # fmt: skip

RUN_COLUMNS = (
    Column("run", "Run", str, "id", ("number",), phone="title", is_link=True),
    Column("number", "Number", lambda run: run.number, "number", only_exported=True, machine="number"),
    Column("status", "Status", lambda run: run.get_status_display(), "status", ("status",), phone="main",
           tone=lambda run: RUN_TONES[RunStatus(run.status)], machine="status"),
    Column("until", "Activity until", lambda run: run.until, "date", ("until",), machine="until"),
    Column("totals", "To pay, with tax",
           lambda run: ", ".join(money.unbroken(net, code) for code, net in totals(run).items()), phone="main"),
    Column("calculated_at", "Calculated", lambda run: run.calculated_at.date(), "date", ("calculated_at",),
           machine="calculated_at"),
    Column("calculated_by", "By", lambda run: run.calculated_by.full_name, "text",
           machine="calculated_by__full_name"),
)  # fmt: skip
