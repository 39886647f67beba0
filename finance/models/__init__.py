"""What sites are paid: agreements and their fees, payables and the ledger, payment runs."""

from finance.models.agreements import (
    Agreement,
    AgreementVersion,
    BankDetail,
    BankStatus,
    FailurePolicy,
    FeeLine,
    Frequency,
    PayeeShare,
    VatCode,
    VersionStatus,
)
from finance.models.kinds import RELEASE, FactKind
from finance.models.payables import Account, Cause, LedgerEntry, Payable
from finance.models.runs import PaymentConfirmation, PaymentLine, PaymentRequest, PaymentRun, RunStatus

__all__ = [
    "RELEASE",
    "Account",
    "Agreement",
    "AgreementVersion",
    "BankDetail",
    "BankStatus",
    "Cause",
    "FactKind",
    "FailurePolicy",
    "FeeLine",
    "Frequency",
    "LedgerEntry",
    "Payable",
    "PayeeShare",
    "PaymentConfirmation",
    "PaymentLine",
    "PaymentRequest",
    "PaymentRun",
    "RunStatus",
    "VatCode",
    "VersionStatus",
]
