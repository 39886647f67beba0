"""What is signed of money: a version of an agreement, whole; a payment run, payment by payment."""

from decimal import Decimal

from django.db import connection

from ctms.core import money
from ctms.core.signables import Content, Signable, iso
from finance.models import AgreementVersion, FactKind, FailurePolicy, Frequency, PaymentRun, VatCode


def version_content(version: AgreementVersion) -> Content:
    """The terms, who is paid, and every fee."""
    currency = version.agreement.currency

    def amount(value: Decimal | None) -> str | None:
        return None if value is None else money.words(value, currency)

    return {
        "Study": version.study.protocol_no,
        "Site": version.agreement.site.number,
        "Agreement": version.agreement.number,
        "Version": version.number,
        "Holds from": iso(version.effective_on),
        "Contract filed at": version.reference,
        "Paid": version.frequency,
        "Days to pay": version.terms_days,
        "Overhead, %": _plain(version.overhead_percent),
        "Holdback, %": _plain(version.holdback_percent),
        "Screen failures": version.failure_policy,
        "Screen failures paid in any case": version.failures_initial,
        "Further screen failures paid": version.failures_per,
        "For each so many enrolled": version.per_enrolled,
        "Screen failures paid at most": version.failures_most,
        "Agreement maximum": amount(version.maximum),
        "Smallest payment": amount(version.minimum_payment),
        "Payees": [
            {
                "Payee": one.payee.name,
                "Share, %": _plain(one.share),
                "Primary": one.is_primary,
                "VAT": one.vat_code,
                "VAT, %": _plain(one.vat_percent),
                "Withholding tax, %": _plain(one.withholding_percent),
                "Under a treaty, %": None
                if one.treaty_until is None or one.treaty_percent is None
                else _plain(one.treaty_percent),
                "Certificate good until": iso(one.treaty_until),
            }
            for one in version.shares.select_related("payee").order_by("id")
        ],
        "Fees": [
            {
                "Code": fee.code,
                "Fee": fee.label,
                "Due when": fee.trigger,
                "Of which": fee.item or None,
                "Amount": amount(fee.amount),
                "With overhead": fee.has_overhead,
                "With holdback": fee.has_holdback,
                "With VAT": fee.is_taxable,
                "Times at most": fee.most,
                "Times a subject": fee.most_per_subject,
            }
            for fee in version.fees.order_by("code", "id")
        ],
    }


VERSION = Signable(
    AgreementVersion, version_content, outside="Its status, and later versions.",
    codes={
        "Paid": Frequency.choices, "Screen failures": FailurePolicy.choices, "VAT": VatCode.choices,
        "Due when": FactKind.choices,
    },
)  # fmt: skip

# Each payment with a hash of its lines: thousands of lines are shown on the page, and held by this.
_PAYMENTS = """
    select r.reference, o.name, r.currency, r.net, r.rolls_forward, count(l.id),
        encode(sha256(convert_to(coalesce(string_agg(p.id || ' ' || p.net, ';' order by p.id), ''), 'UTF8')), 'hex')
    from finance_paymentrequest r join accounts_organisation o on o.id = r.payee_id
    left join finance_paymentline l on l.request_id = r.id and not l.removed
    left join finance_payable p on p.id = l.payable_id
    where r.run_id = %s and not r.removed
    group by r.id, o.name order by r.reference
"""


def run_content(run: PaymentRun) -> Content:
    """Who is paid how much for how many lines, and what waits for the next run."""
    with connection.cursor() as cursor:
        cursor.execute(_PAYMENTS, [run.pk])
        rows = cursor.fetchall()
    return {
        "Study": run.study.protocol_no,
        "Run": str(run),
        "Calculation": run.calculation,
        "Activity until": iso(run.until),
        "Payments": [
            {"Payment": reference, "Payee": payee, "Net": money.words(net, currency), "Lines": lines, "Hash": digest}
            for reference, payee, currency, net, waits, lines, digest in rows
            if not waits
        ],
        "Waiting for the next run": [
            {"Payee": payee, "Net": money.words(net, currency)}
            for _, payee, currency, net, waits, _, _ in rows
            if waits
        ],
    }


RUN = Signable(PaymentRun, run_content, outside="Its status, and what the ERP confirms.")


def _plain(percent: Decimal) -> str:
    return f"{percent:.2f}"
