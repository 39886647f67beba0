"""What money puts on people's desks: activity to confirm, runs to approve and release, drafts and bank details."""

from collections.abc import Iterator
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.urls import reverse

from ctms.accounts import access
from ctms.core.protocols import WorkItem
from finance.lifecycle import approvers
from finance.models import AgreementVersion, BankDetail, BankStatus, PaymentRun, RunStatus, VersionStatus

_WAITS = {
    RunStatus.CALCULATED: ("finance.confirm_activity", "Activity to be confirmed"),
    RunStatus.CONFIRMED: ("finance.approve_payment", "To be approved"),
    RunStatus.APPROVED: ("finance.release_payment", "To be released to the ERP"),
}
_MOST = 20


def runs_to_move(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Payment runs that wait for this person."""
    held = {status: access.held_at(user, verb) for status, (verb, _) in _WAITS.items()}
    theirs = [Q(access.within(paths, "study__scope__path"), status=status) for status, paths in held.items() if paths]
    if not theirs:
        return
    runs = PaymentRun.objects.visible_to(user).filter(reduce(or_, theirs)).exclude(calculated_by=user)
    for run in runs.select_related("study").order_by("calculated_at")[:_MOST]:
        if run.status == RunStatus.CONFIRMED and user.pk in approvers(run):
            continue
        url = reverse("run", args=[sponsor.code, run.study.slug, run.number])
        words, signs = _WAITS[RunStatus(run.status)][1], run.status != RunStatus.APPROVED
        yield WorkItem(f"{run} of {run.study}", words, url, None, "Payments", signs)


def terms_to_approve(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Drafts of agreements, and changes of bank details, that somebody else made."""
    paths = access.held_at(user, "finance.approve_fee")
    if paths:
        drafts = AgreementVersion.objects.visible_to(user).filter(
            access.within(paths, "study__scope__path"), status=VersionStatus.DRAFT
        )
        for draft in drafts.exclude(drafted_by=user).select_related("study", "agreement").order_by("pk")[:_MOST]:
            keys = [sponsor.code, draft.study.slug, draft.agreement_id, draft.number]
            yield WorkItem(str(draft), "Draft, to be approved", reverse("agreement-version", args=keys), None, "Fees",
                           signs=True)  # fmt: skip
    paths = access.held_at(user, "finance.verify_bank")
    if paths:
        details = BankDetail.objects.visible_to(user).filter(
            access.within(paths, "study__scope__path"), status=BankStatus.PROPOSED
        )
        for one in details.exclude(changed_by=user).select_related("study", "payee").order_by("pk")[:_MOST]:
            url = reverse("bank", args=[sponsor.code, one.study.slug, one.payee_id])
            yield WorkItem(f"Bank details of {one.payee}", "Changed, to be verified", url, None, "Payments")
