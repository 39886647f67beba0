"""Money and its rules in words."""

from typing import Any

from ctms.core import money
from ctms.core.wording import counted
from ctms.studies.models import Study
from finance import facts
from finance.columns import GROSS, NET
from finance.models import AgreementVersion, FactKind, FeeLine, Payable, PayeeShare, VatCode, VersionStatus
from finance.queries import Settlement


def terms_facts(version: AgreementVersion, currency: str) -> list[dict[str, Any]]:
    """The terms of a version, as facts."""
    failures = (
        f"{version.failures_initial} in any case, {version.failures_per} for each {version.per_enrolled} enrolled"
    )
    if version.failures_most is not None:
        failures += f", at most {version.failures_most}"
    maximum = "None" if version.maximum is None else f"{money.words(version.maximum, currency)}, without tax"
    return [
        {
            "label": "Holds from",
            "value": f"{version.effective_on:%-d %b %Y}, once approved: for whatever happened on this day or later",
        },
        {"label": "Contract filed at", "value": version.reference},
        {"label": "Paid", "value": f"{version.get_frequency_display()}, within {version.terms_days} days"},
        {"label": "Overhead", "value": f"{version.overhead_percent:.2f} %"},
        {"label": "Holdback", "value": f"{version.holdback_percent:.2f} %, until the site is closed"},
        {"label": "For a screen failure", "value": version.get_failure_policy_display()},
        {"label": "Screen failures paid", "value": failures},
        {"label": "Agreement maximum", "value": maximum},
        {"label": "Smallest payment", "value": f"{money.words(version.minimum_payment, currency)}, with tax"},
        {"label": "Drafted by", "value": version.drafted_by.full_name},
    ]


def rules_of(fee: FeeLine) -> str:
    """Which rules a fee takes part in, in a line."""
    words = [
        label for label, holds in (
            ("overhead", fee.has_overhead), ("holdback", fee.has_holdback), ("VAT", fee.is_taxable)
        ) if holds
    ]  # fmt: skip
    said = f"With {', '.join(words)}" if words else "Neither overhead nor holdback nor VAT"
    limits = [f"at most {fee.most} times"] if fee.most is not None else []
    limits += [f"{fee.most_per_subject} times a subject"] if fee.most_per_subject is not None else []
    return "; ".join([said, *limits])


def vat_words(share: PayeeShare) -> str:
    """How a payee's VAT is reckoned, with the rate where there is one."""
    code = share.get_vat_code_display()
    return f"{code}, {share.vat_percent:.2f} %" if share.vat_code == VatCode.STANDARD else code


def unpaid_kinds(study: Study) -> str:
    """For what the study's agreements have fees although nothing tells it yet; "" where all is told."""
    fees = FeeLine.objects.filter(study=study, version__status=VersionStatus.APPROVED, trigger__in=facts.untold())
    found = set(fees.values_list("trigger", flat=True).distinct())
    return ", ".join(str(kind.label).lower() for kind in FactKind if kind in found)


def further(count: int) -> str:
    """Payables that became due after a run was calculated, and when they are posted and paid, in words."""
    since = f"{counted(count, 'further payable')} became due since the calculation"
    return f"{since}. They are not posted yet, so no list has them: the next calculation posts them."


def posted_words(payable: Payable) -> str:
    """What was posted, in words: whether it was the first time, and what it does."""
    if payable.is_reversal:
        return "Takes back what was posted before it"
    return "Posted for the first time" if payable.revision == 1 else "Posted anew, after the one before was taken back"


def steps(payable: Payable) -> list[dict[str, Any]]:
    """How a payable's net came about, step by step."""
    version, share, currency = payable.fee.version, payable.share, payable.currency
    part = "" if share.share == 100 else f", {share.share:.2f} % of it"
    rows: list[tuple[str, Any, bool]] = [
        (f"{payable.fee.label}{part}", payable.direct, False),
        (f"Overhead {version.overhead_percent:.2f} %", payable.overhead, False),
        (GROSS, payable.gross, True),
        (f"Holdback {version.holdback_percent:.2f} %", payable.holdback, False),
        (f"VAT {share.vat_percent:.2f} %", payable.vat, False),
        ("Tax withheld", payable.withholding, False),
        (NET, payable.net, True),
    ]
    return [
        {"label": label, "value": money.words(amount, currency), "total": is_total}
        for label, amount, is_total in rows
        if is_total or amount
    ]


def stand_rows(stand: Settlement, currency: str) -> list[dict[str, Any]]:
    """Where an agreement stands: what is earned, and what became of it."""
    rows = [
        ("Earned, without tax", stand.earned), ("Of it paid, without tax", stand.paid),
        ("Of it held back", stand.held_back),
    ]  # fmt: skip
    listed: list[dict[str, Any]] = [{"label": label, "value": money.words(amount, currency)} for label, amount in rows]
    listed.append({"label": "Still to be paid, without tax", "value": money.words(stand.open, currency), "total": True})
    if stand.maximum is not None:
        listed.append({"label": "Agreement maximum, without tax", "value": money.words(stand.maximum, currency)})
    return listed
