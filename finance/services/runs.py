"""Payment runs: calculated, confirmed, approved by signatures, released to the ERP, and closed by what it confirms."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Exists, Max, OuterRef, Q, Subquery, Sum

from ctms.accounts.models import User
from ctms.core.editing import refuse_without
from ctms.core.lifecycle import Request
from ctms.core.protocols import Proof
from ctms.core.refusals import BadInput, Conflict, Refusal
from ctms.core.use_case import use_case
from ctms.core.wording import inside
from ctms.studies.models import Study
from finance.lifecycle import RUN, approvals_needed, approvers
from finance.models import (
    RELEASE,
    Account,
    AgreementVersion,
    BankDetail,
    BankStatus,
    LedgerEntry,
    Payable,
    PaymentConfirmation,
    PaymentLine,
    PaymentRequest,
    PaymentRun,
    RunStatus,
)
from finance.queries import in_force
from finance.services.posting import hold_agreements, pending_changes, post_payables

_DOING = "preparing payments"
_LINES = """
    insert into finance_paymentline (sponsor_id, study_id, partition, request_id, payable_id, removed)
    select p.sponsor_id, p.study_id, 'BLINDED', r.id, p.id, false
    from finance_payable p
    join finance_paymentrequest r on r.run_id = %(run)s and not r.removed and not r.rolls_forward
        and r.payee_id = p.payee_id and r.currency = p.currency
    where p.study_id = %(study)s and p.occurred_on <= %(until)s
        and not exists (select from finance_paymentline l where l.payable_id = p.id and not l.removed)
    order by p.id
"""


@use_case
def calculate_run(*, study: Study, until: date, by: User, at: datetime) -> PaymentRun:
    """Posts what is due, and gathers what is not paid yet of everything that happened until a day."""
    study = Study.objects.select_related("scope").get(pk=study.pk)
    refuse_without(by, "finance.prepare_payment", study, _DOING)
    if until > at.date():
        sentence = "This day has not come yet."
        raise BadInput("DAY", sentence, fields={"until": sentence})
    post_payables(study=study, at=at)  # holds the study's agreements: two runs at once wait for each other here
    last = PaymentRun.objects.filter(study=study).aggregate(last=Max("number"))["last"] or 0
    run = PaymentRun(
        sponsor_id=study.sponsor_id, study=study, number=last + 1, until=until, calculated_by=by, calculated_at=at
    )
    run.full_clean()
    run.save(force_insert=True)
    _gather(run, at)
    return run


@use_case
def recalculate_run(*, run: PaymentRun, by: User, at: datetime) -> PaymentRun:
    """Calculates a run anew that is not approved yet: its activity has to be confirmed again, and all signatures."""
    refuse_without(by, "finance.prepare_payment", run, _DOING)
    post_payables(study=run.study, at=at)
    run = PaymentRun.objects.select_related("study__scope").locked(run.pk)
    if run.status not in (RunStatus.CALCULATED, RunStatus.CONFIRMED):
        raise Refusal("WRONG_STATUS", f"{run} is {inside(run.get_status_display())}: it is not calculated again.")
    _let_go(run)
    run.status, run.calculated_by, run.calculated_at = RunStatus.CALCULATED, by, at
    run.calculation += 1
    run.save(update_fields=["status", "calculated_by", "calculated_at", "calculation"])
    _gather(run, at)
    return run


@use_case
def move_run(
    *, run: PaymentRun, move: str, by: User, at: datetime, reason: str = "", proof: Proof | None = None
) -> PaymentRun:  # fmt: skip
    """Makes a move of a run. It is approved once as many have signed as its largest payment asks for."""
    if move == "cancel":  # another run that is calculated just now would pay what this one lets go, unsummed
        hold_agreements(run.study_id)
    run = PaymentRun.objects.select_related("study__scope").locked(run.pk)
    if move in ("confirm", "approve") and (changed := recomputed(run, at).changed):
        raise Conflict("CHANGED_SINCE", f"{_lines(len(changed))} no longer what they follow from: calculate it again.")
    RUN.advance(run, move, Request(by, effective_on=at.date(), reason=reason, proof=proof))
    if move == "approve" and len(approvers(run)) < approvals_needed(run):
        run.status = RunStatus.CONFIRMED
    elif move == "send_back":
        run.calculation += 1  # whoever signed it signed another one
    elif move == "release":
        _direct(run)
    elif move == "cancel":
        _let_go(run)
    run.save(update_fields=["status", "calculation"])
    return run


@dataclass(frozen=True)
class Confirmed:
    """What the ERP says of one payment."""

    reference: str
    amount: Decimal
    currency: str
    paid_on: date
    document: str


@dataclass(frozen=True)
class Outcome:
    """How many confirmations were new and how many known; the sentences of those that cannot be right."""

    added: int
    known: int
    refused: tuple[str, ...]


@use_case
def record_confirmations(*, run: PaymentRun, told: Iterable[Confirmed], by: User, at: datetime) -> Outcome:
    """Records what the ERP confirms of a run. The same again changes nothing; another amount is refused, in words.

    Once all payments are confirmed, the run is paid.
    """
    run = PaymentRun.objects.select_related("study__scope").locked(run.pk)
    refuse_without(by, "finance.prepare_payment", run, _DOING)
    if run.status not in (RunStatus.RELEASED, RunStatus.PAID):
        raise Refusal("NOT_RELEASED", f"{run} is {inside(run.get_status_display())}: there is nothing to confirm yet.")
    asked = {one.reference: one for one in run.requests.filter(rolls_forward=False).select_related("confirmation")}
    added: list[PaymentConfirmation] = []
    known, refused = 0, []
    for one in told:
        request = asked.get(one.reference)
        if request is None:
            refused.append(f"{one.reference or 'A line without reference'}: no payment of this run.")
            continue
        if sentence := _objection(request, one):
            refused.append(f"{one.reference}: {sentence}")
        elif hasattr(request, "confirmation"):
            known += 1
        else:
            added.append(_confirmation(request, one, at))
    _enter(added)
    if run.status == RunStatus.RELEASED and not run.requests.filter(rolls_forward=False, confirmation=None).exists():
        RUN.advance(run, "settle", Request(by))
        run.save(update_fields=["status"])
    return Outcome(len(added), known, tuple(refused))


@dataclass(frozen=True)
class ChangedLine:
    """A line of a run that posting now would take back. `after` is what it would be then; None: no longer due."""

    payable: Payable
    after: Decimal | None


@dataclass(frozen=True)
class Recomputed:
    """A run worked out anew: its lines that changed since, and how many payables became due that it does not pay."""

    changed: list[ChangedLine]
    further: int


def recomputed(run: PaymentRun, at: datetime) -> Recomputed:
    """What posting now would change about a run, without doing it."""
    changes = pending_changes(run.study, at)
    after = {change.key: change.net for change in changes if change.old_id is None}
    before = {change.old_id: change.key for change in changes if change.old_id is not None}
    # A holdback that is given back goes with the payable that kept it.
    released = [f"payable/{payable}" for payable in before]
    theirs = Payable.objects.filter(payment_lines__request__run=run, payment_lines__removed=False)
    rows = theirs.filter(Q(pk__in=before) | Q(kind=RELEASE, fact_id__in=released)).select_related("site", "fee")
    changed = [ChangedLine(one, after.get(before[one.pk]) if one.pk in before else None) for one in rows.order_by("pk")]
    return Recomputed(changed, len(after.keys() - before.values()))


def _gather(run: PaymentRun, at: datetime) -> None:
    """Makes the requests of a run, payee by payee and currency by currency, and their lines."""
    unpaid = Payable.objects.filter(
        ~Exists(PaymentLine.objects.filter(payable=OuterRef("pk"))), study=run.study_id, occurred_on__lte=run.until
    )
    owed = unpaid.values("payee", "currency", "agreement").order_by("payee__name", "payee", "currency")
    terms = {version.agreement_id: version for version in in_force(at.date()).filter(study=run.study_id)}
    groups: dict[tuple[int, str], list[tuple[Decimal, AgreementVersion]]] = {}
    for row in owed.annotate(total=Sum("net")):
        groups.setdefault((row["payee"], row["currency"]), []).append((row["total"], terms[row["agreement"]]))
    requests = []
    for place, ((payee, currency), parts) in enumerate(groups.items(), start=1):
        net = sum((total for total, _ in parts), Decimal(0))
        days = min(version.terms_days for _, version in parts)
        requests.append(
            PaymentRequest(
                sponsor_id=run.sponsor_id, study_id=run.study_id, run=run, payee_id=payee, currency=currency, net=net,
                reference=f"{run.study.protocol_no}-{run}-{run.calculation}-{place:03}",
                due_on=at.date() + timedelta(days=days),
                rolls_forward=net <= 0 or net < max(version.minimum_payment for _, version in parts),
            )
        )  # fmt: skip
    PaymentRequest.objects.bulk_create(requests)
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"run": run.pk, "study": run.study_id, "until": run.until})


def _let_go(run: PaymentRun) -> None:
    """Gives up the requests and lines of a run; what they would have paid can be paid by another."""
    PaymentLine.objects.filter(request__run=run).update(removed=True)
    run.requests.update(removed=True)


def _direct(run: PaymentRun) -> None:
    """Keeps where each payment goes: a change of bank details after the release is for the next run."""
    verified = BankDetail.objects.filter(study=run.study_id, payee=OuterRef("payee"), status=BankStatus.VERIFIED)
    run.requests.filter(rolls_forward=False).update(bank=Subquery(verified.values("pk")))


def _objection(request: PaymentRequest, told: Confirmed) -> str:
    if (told.amount, told.currency) != (request.net, request.currency):
        return f"confirmed are {told.currency} {told.amount}, released were {request.currency} {request.net}."
    before = getattr(request, "confirmation", None)
    if before is not None and (before.document, before.paid_on) != (told.document, told.paid_on):
        return f"confirmed already by document {before.document} of {before.paid_on:%-d %b %Y}."
    return ""


def _confirmation(request: PaymentRequest, told: Confirmed, at: datetime) -> PaymentConfirmation:
    """Not saved yet; the request knows it from here on."""
    confirmation = PaymentConfirmation(
        sponsor_id=request.sponsor_id, study_id=request.study_id, request=request, amount=told.amount,
        paid_on=told.paid_on, document=told.document, recorded_at=at,
    )  # fmt: skip
    confirmation.clean_fields(exclude=("sponsor", "study", "request"))
    return confirmation


def _enter(confirmations: list[PaymentConfirmation]) -> None:
    """Adds confirmations and what they move from what is owed to what is paid."""
    PaymentConfirmation.objects.bulk_create(confirmations)
    LedgerEntry.objects.bulk_create([
        LedgerEntry(
            sponsor_id=one.sponsor_id, study_id=one.study_id, confirmation=one, account=account, amount=amount
        )
        for one in confirmations for account, amount in ((Account.OWED, one.amount), (Account.CASH, -one.amount))
    ])  # fmt: skip


def _lines(count: int) -> str:
    return "One line is" if count == 1 else f"{count} lines are"
