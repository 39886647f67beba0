"""What lists of agreements, payables and payment runs show."""

from decimal import Decimal
from typing import Any

from ctms.core import money
from ctms.web.columns import Column
from finance.models import Agreement, Payable, RunStatus, VersionStatus

R = RunStatus
VERSION_TONES = {VersionStatus.DRAFT: "info", VersionStatus.APPROVED: "sign", VersionStatus.DISCARDED: "mute"}
RUN_TONES = {R.CALCULATED: "info", R.CONFIRMED: "sign", R.APPROVED: "ok", R.RELEASED: "info", R.PAID: "ok",
             R.CANCELLED: "mute"}  # fmt: skip


def _amount(field: str) -> Any:
    return lambda row: money.rounded(getattr(row, field), row.currency)


def _sum(*fields: str) -> Any:
    return lambda row: money.rounded(sum((getattr(row, field) for field in fields), Decimal(0)), row.currency)


def state(payable: Payable) -> str:
    """What became of a payable, in words: annotated `paid_by` is the reference of the request that pays it."""
    if payable.is_reversal:
        return "Takes one back"
    return "In a payment run" if payable.paid_by else "Not in a run yet"  # type: ignore[attr-defined]


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
    Column("gross", "Gross", _sum("direct", "overhead"), "number", phone="hide"),
    Column("holdback", "Held back", _amount("holdback"), "number", phone="hide", machine="holdback"),
    Column("vat", "VAT", _amount("vat"), "number", only_exported=True, machine="vat"),
    Column("withholding", "Tax withheld", _amount("withholding"), "number", only_exported=True,
           machine="withholding"),
    Column("tax", "Tax", _sum("vat", "withholding"), "number", phone="hide"),
    Column("net", "Net", _amount("net"), "number", ("net",), phone="main", machine="net"),
    Column("revision", "Revision", lambda one: one.revision, "number", only_exported=True, machine="revision"),
    Column("fact", "Fact", lambda one: one.fact_id, only_exported=True, machine="fact_id"),
    Column("source", "Source", lambda one: one.source, only_exported=True, machine="source"),
    Column("state", "State", state, "status", phone="main",
           tone=lambda one: "mute" if one.is_reversal else "ok" if one.paid_by else "info"),
    Column("payment", "Payment", lambda one: one.paid_by or "", only_exported=True, machine="paid_by"),
)  # fmt: skip

RUN_COLUMNS = (
    Column("run", "Run", str, "id", ("number",), phone="title", is_link=True),
    Column("number", "Number", lambda run: run.number, "number", only_exported=True, machine="number"),
    Column("status", "Status", lambda run: run.get_status_display(), "status", ("status",), phone="main",
           tone=lambda run: RUN_TONES[RunStatus(run.status)], machine="status"),
    Column("until", "Activity until", lambda run: run.until, "date", ("until",), machine="until"),
    Column("calculated_at", "Calculated", lambda run: run.calculated_at.date(), "date", ("calculated_at",),
           machine="calculated_at"),
    Column("calculated_by", "By", lambda run: run.calculated_by.full_name, "text",
           machine="calculated_by__full_name"),
)  # fmt: skip
