"""Where payees are paid: changed by one person, verified by another who called back, used some days later."""

from datetime import datetime

from ctms.accounts.models import Organisation, User
from ctms.core.editing import refuse_without
from ctms.core.lifecycle import Request
from ctms.core.refusals import Refusal
from ctms.core.use_case import use_case
from ctms.core.workdays import add_workdays
from ctms.studies.models import Study
from finance.lifecycle import BANK
from finance.models import BankDetail, BankStatus, PayeeShare

COOLING_OFF = 3
"""Working days, of the payee's country, between verifying bank details and paying to them."""


@use_case
def propose_bank_detail(
    *, study: Study, payee: Organisation, vendor_no: str, account_ending: str, by: User, at: datetime
) -> BankDetail:  # fmt: skip
    """Enters a payee's bank details, or a change of them. They count once somebody else verified them."""
    study = Study.objects.select_related("scope").locked(study.pk)
    refuse_without(by, "finance.edit_bank", study, "changing bank details")
    if not PayeeShare.objects.filter(study=study, payee=payee).exists():
        raise Refusal("NO_PAYEE", f"{payee} is no payee of this study: no agreement names it.")
    detail = BankDetail(
        sponsor_id=study.sponsor_id, study=study, payee=payee, vendor_no=vendor_no.strip(),
        account_ending=account_ending.strip().upper(), changed_by=by, changed_at=at,
    )  # fmt: skip
    detail.full_clean()
    detail.save(force_insert=True)
    return detail


@use_case
def move_bank_detail(*, detail: BankDetail, move: str, reason: str, by: User, at: datetime) -> BankDetail:
    """Verifies or rejects bank details. Verified, they take the place of those before.

    Args:
        reason: who was called back on which known number, or why it is rejected.
    """
    Study.objects.locked(detail.study_id)
    detail = BankDetail.objects.select_related("study__scope").locked(detail.pk)
    BANK.advance(detail, move, Request(by, reason=reason))
    if detail.status == BankStatus.VERIFIED:
        before = BankDetail.objects.filter(study=detail.study_id, payee=detail.payee_id, status=BankStatus.VERIFIED)
        before.update(status=BankStatus.REPLACED)
        detail.verified_by, detail.verified_at = by, at
        detail.usable_from = add_workdays(at.date(), COOLING_OFF, detail.payee.country)
    detail.save(update_fields=["status", "verified_by", "verified_at", "usable_from"])
    return detail
