"""What may happen to a version of an agreement, to bank details and to a payment run next."""

from collections.abc import Collection
from decimal import Decimal

from django.db.models import Q, Sum

from audit.signed import shown_under
from ctms.accounts.models import User
from ctms.core.lifecycle import Lifecycle, Move, Request
from finance import bands
from finance.models import (
    AgreementVersion,
    BankDetail,
    BankStatus,
    FeeLine,
    PayeeShare,
    PaymentLine,
    PaymentRun,
    RunStatus,
    VersionStatus,
)
from finance.queries import missing_bank_details

R = RunStatus
V = VersionStatus
B = BankStatus
APPROVE = "finance.approve_payment"


def has_no_fee(version: AgreementVersion, request: Request) -> str | None:
    """At least one fee."""
    return None if version.fees.exists() else "The fee schedule is empty."


def shares_are_not_whole(version: AgreementVersion, request: Request) -> str | None:
    """Shares of exactly 100 %, and one primary payee."""
    total = version.shares.aggregate(total=Sum("share"))["total"] or Decimal(0)
    if total != 100:
        return f"The payees' shares are {total:.2f} % together, not 100 %."
    return None if version.shares.filter(is_primary=True).exists() else "No payee is the primary one."


def wrote_in(by: User, versions: Collection[int]) -> bool:
    """Whether somebody drafted one of these versions, or edited its terms, its payees or its fees while it was one."""
    parts = (
        AgreementVersion.history.filter(id__in=versions, status=V.DRAFT),
        FeeLine.history.filter(version_id__in=versions),
        PayeeShare.history.filter(version_id__in=versions),
    )
    drafted = AgreementVersion.objects.filter(pk__in=versions, drafted_by=by)
    return drafted.exists() or any(rows.filter(history_user_id=by.pk).exists() for rows in parts)


def drafted_it(version: AgreementVersion, request: Request) -> str | None:
    """Somebody else than who drafted or edited it."""
    return "Who drafted or edited a version does not approve it." if wrote_in(request.by, [version.pk]) else None


VERSION = Lifecycle(
    "Agreement version",
    start=V.DRAFT,
    statuses=VersionStatus,
    moves=(
        Move("approve", (V.DRAFT,), V.APPROVED, "finance.approve_fee", "Approve", reason=True,
             unless=(drafted_it, has_no_fee, shares_are_not_whole), signature="approval"),
        Move("discard", (V.DRAFT,), V.DISCARDED, "finance.edit_fee", "Discard", reason=True, is_exit=True),
    ),
)  # fmt: skip


def changed_it(detail: BankDetail, request: Request) -> str | None:
    """Somebody else than who changed the details."""
    return "Who changed bank details does not verify them." if detail.changed_by_id == request.by.pk else None


BANK = Lifecycle(
    "Bank details",
    start=B.PROPOSED,
    statuses=BankStatus,
    follows=((B.REPLACED, "later details of the payee are verified"),),
    moves=(
        Move("verify", (B.PROPOSED,), B.VERIFIED, "finance.verify_bank", "Verify", reason=True, unless=(changed_it,)),
        Move("reject", (B.PROPOSED,), B.REJECTED, "finance.verify_bank", "Reject", reason=True, is_exit=True),
    ),
)  # fmt: skip


def pays_nothing(run: PaymentRun, request: Request) -> str | None:
    """At least one payment."""
    return None if run.requests.filter(rolls_forward=False).exists() else "There is nothing to pay in this run."


def prepared_it(run: PaymentRun, request: Request) -> str | None:
    """Somebody else than who calculated the run, in whichever version of it."""
    theirs = PaymentRun.history.filter(id=run.pk, calculated_by=request.by.pk)
    if run.calculated_by_id == request.by.pk or theirs.exists():
        return "Who prepared a payment run neither confirms nor approves it."
    return None


def confirmed_it(run: PaymentRun, request: Request) -> str | None:
    """Somebody else than who confirmed the activity."""
    if any(one.signature.signer_id == request.by.pk for one in shown_under(run) if one.signature.verb != APPROVE):
        return "Who confirmed the activity of a run does not approve it."
    return None


def approved_it(run: PaymentRun, request: Request) -> str | None:
    """Not yet approved by the same person."""
    return "You approved this run already." if request.by.pk in approvers(run) else None


def edited_its_fees(run: PaymentRun, request: Request) -> str | None:
    """Nobody who drafted or edited the terms, payees or fees that the run pays by."""
    lines = PaymentLine.objects.filter(request__run=run)
    versions = list(lines.order_by().values_list("payable__fee__version", flat=True).distinct())
    wrote = wrote_in(request.by, versions)
    return "Who drafted or edited an agreement does not approve its payments." if wrote else None


def changed_its_bank_details(run: PaymentRun, request: Request) -> str | None:
    """Nobody who changed bank details of one of its payees."""
    payees = run.requests.filter(rolls_forward=False).values("payee")
    changed = BankDetail.objects.filter(
        Q(status=B.VERIFIED) | Q(status=B.PROPOSED), study=run.study_id, payee__in=payees, changed_by=request.by.pk
    )
    if changed.exists():
        return "Who changed the bank details of a payee neither approves nor releases its payment."
    return None


def lacks_bank_details(run: PaymentRun, request: Request) -> str | None:
    """Verified bank details of every payee, past their cooling-off."""
    asked = list(run.requests.filter(rolls_forward=False).select_related("payee").order_by("reference"))
    return next(iter(missing_bank_details(asked, on=request.effective_on).values()), None)


def is_not_all_paid(run: PaymentRun, request: Request) -> str | None:
    """All payments confirmed by the ERP."""
    waiting = run.requests.filter(rolls_forward=False, confirmation=None).order_by("reference").first()
    return f"The ERP has not confirmed {waiting} yet." if waiting else None


def approvers(run: PaymentRun) -> set[int]:
    """Who approved the run as it is now."""
    return {
        one.signature.signer_id for one in shown_under(run) if one.signature.verb == APPROVE and not one.is_broken
    }  # fmt: skip


def approvals_needed(run: PaymentRun) -> int:
    """How many have to approve it: as many as its largest payment asks for."""
    asked = run.requests.filter(rolls_forward=False).values_list("net", "currency")
    return max((bands.approvers(net, currency) for net, currency in asked), default=1)


RUN = Lifecycle(
    "Payment run",
    start=R.CALCULATED,
    statuses=RunStatus,
    moves=(
        Move("confirm", (R.CALCULATED,), R.CONFIRMED, "finance.confirm_activity", "Confirm activity",
             unless=(prepared_it, pays_nothing), signature="review"),
        Move("approve", (R.CONFIRMED,), R.APPROVED, APPROVE, "Approve", signature="approval",
             unless=(prepared_it, confirmed_it, approved_it, edited_its_fees, changed_its_bank_details)),
        Move("send_back", (R.CONFIRMED,), R.CALCULATED, APPROVE, "Send back", reason=True),
        Move("release", (R.APPROVED,), R.RELEASED, "finance.release_payment", "Release to the ERP",
             unless=(changed_its_bank_details, lacks_bank_details)),
        Move("cancel", (R.CALCULATED, R.CONFIRMED, R.APPROVED), R.CANCELLED, "finance.prepare_payment", "Cancel",
             reason=True, is_exit=True),
        Move("settle", (R.RELEASED,), R.PAID, "finance.prepare_payment", "Settle", unless=(is_not_all_paid,)),
    ),
)  # fmt: skip

BY_ITSELF = frozenset({"settle"})
"""Moves that follow from something else and have no button: here from the last confirmation."""
