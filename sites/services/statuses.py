"""Moving a site along its lifecycle, its enrollment status, and putting a wrong status right. Events are only added."""

from datetime import date, datetime

from ctms.accounts.models import User
from ctms.core.acting import says_why
from ctms.core.lifecycle import Lifecycle, Move, Request
from ctms.core.permission import demand
from ctms.core.protocols import Proof
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from sites.lifecycle import ENROLLMENT, SITE
from sites.models import EnrollmentStatus, OperationalStatus, Site, SiteStatusEvent
from sites.services.startup import begin_checklist, lock_items
from sites.startup.checklist import UNDER_WAY, checklist_of
from sites.startup.lifecycle import Shut

CORRECTION = "CORRECTION"


@use_case
def move_site(
    *, site: Site, move: str, effective_on: date, by: User, at: datetime, reason: str = "", reason_code: str = "",
    proof: Proof | None = None,
) -> SiteStatusEvent:  # fmt: skip
    """Makes one move of the site's lifecycle, as of the day it happened.

    Activation also opens enrollment; termination closes it.

    Args:
        proof: that `by` signs, for a move that takes a signature.

    Raises:
        Refusal: wrong status, missing permission, reason or signature, an impossible day, or a guard's sentence.
    """
    site = Site.objects.select_related("facility").locked(site.pk)
    request = Request(by, effective_on, reason, reason_code, proof)
    if any(isinstance(guard, Shut) for one in SITE.moves if one.name == move for guard in one.unless):
        lock_items(site)
    event = _advance(site, SITE, SiteStatusEvent.Kind.OPERATIONAL, move, request, at)
    if move == "start_up":
        _want_checklist(site, request, at)
    elif move == "activate":
        _set_enrollment(site, EnrollmentStatus.OPEN, "open_enrollment", request, at)
    elif move == "terminate" and site.enrollment_status in (EnrollmentStatus.OPEN, EnrollmentStatus.ON_HOLD):
        _set_enrollment(site, EnrollmentStatus.CLOSED, "close_enrollment", request, at)
    site.save(update_fields=["operational_status", "status_on", "enrollment_status"])
    return event


@use_case
def move_enrollment(
    *, site: Site, move: str, effective_on: date, by: User, at: datetime, reason: str = "", reason_code: str = ""
) -> SiteStatusEvent:
    """Opens, holds, resumes, closes or reopens enrollment at the site, as of the day it happened."""
    site = Site.objects.select_related("facility").locked(site.pk)
    request = Request(by, effective_on, reason, reason_code)
    event = _advance(site, ENROLLMENT, SiteStatusEvent.Kind.ENROLLMENT, move, request, at)
    site.save(update_fields=["enrollment_status"])
    return event


@use_case
def correct_status(
    *, event: SiteStatusEvent, to_status: str, effective_on: date, reason: str, by: User, at: datetime
) -> SiteStatusEvent:
    """Puts the site's latest operational event right by one that corrects it: another status, another day, or both.

    A correction opens no way around guards and signatures: what a status asks for must be there however the site comes
    to it, and only a site that once was selected can be put where selection leads.

    Raises:
        NotAllowed, BadInput, Refusal: the event is not the latest one, nothing would change, no reason is given, or a
            guard objects to the status.
    """
    site = Site.objects.select_related("facility").locked(event.site_id)
    demand(
        by=by, verb="sites.correct_site", record=site, code="MAY_NOT_CORRECT",
        sentence="Your roles do not include correcting a site's status.",
    )  # fmt: skip
    if not says_why(reason):
        raise BadInput("REASON", "Say why.", fields={"reason": "Say why: a correction needs a reason."})
    if to_status not in OperationalStatus.values:
        raise BadInput("STATUS", "Choose a status.", fields={"to_status": "Choose a status."})
    latest = _latest(site, SiteStatusEvent.Kind.OPERATIONAL)
    if latest is None or latest.pk != event.pk:
        raise Refusal("NOT_LATEST", "Only the latest change of status can be corrected; correct that one first.")
    if (to_status, effective_on) == (latest.to_status, latest.effective_on):
        raise BadInput("NO_CHANGE", "The status and the day are as they were.")
    _refuse_impossible_day(site, effective_on, at, after=_before(latest))
    request = Request(by, effective_on, reason)
    lock_items(site)
    if to_status == latest.to_status:
        _refuse_shut_gates(site, request)
    else:
        for sentence in SITE.objections_to_being(to_status, site, request):
            raise Refusal("GUARD", sentence)
        _refuse_unsigned(site, to_status)
    site.operational_status, site.status_on = to_status, effective_on
    site.save(update_fields=["operational_status", "status_on"])
    if to_status in UNDER_WAY:
        _want_checklist(site, request, at)
    return _add_event(
        site, SiteStatusEvent.Kind.OPERATIONAL, CORRECTION, latest.to_status, to_status,
        request, at, corrects=latest,
    )  # fmt: skip


def _refuse_shut_gates(site: Site, request: Request) -> None:
    """Another day is no way around the gates either: they have to have been open by then."""
    if checklist_of(site) is None:
        return
    guards = (guard for move in SITE.moves if move.target == site.operational_status for guard in move.unless)
    for sentence in (guard(site, request) for guard in guards if isinstance(guard, Shut)):
        if sentence:
            raise Refusal("GUARD", sentence)


def _want_checklist(site: Site, request: Request, at: datetime) -> None:
    """A site in start-up has a checklist, however it came there."""
    if checklist_of(site) is None:
        begin_checklist(site, on=request.day, by=request.by, at=at)


def _advance(
    site: Site, lifecycle: Lifecycle, kind: SiteStatusEvent.Kind, name: str, request: Request, at: datetime
) -> SiteStatusEvent:
    before = getattr(site, lifecycle.field)
    move: Move = lifecycle.advance(site, name, request)
    latest = _latest(site, kind)
    _refuse_impossible_day(site, request.day, at, after=latest)
    if kind == SiteStatusEvent.Kind.OPERATIONAL:
        site.status_on = request.day
    return _add_event(site, kind, move.name, before, move.target, request, at)


def _set_enrollment(site: Site, status: EnrollmentStatus, move: str, request: Request, at: datetime) -> None:
    """What follows from an operational move, for whoever may make that."""
    before, site.enrollment_status = site.enrollment_status, status
    if before != status:
        _add_event(site, SiteStatusEvent.Kind.ENROLLMENT, move, before, status, request, at)


def _add_event(
    site: Site, kind: SiteStatusEvent.Kind, move: str, before: str, after: str, request: Request, at: datetime,
    corrects: SiteStatusEvent | None = None,
) -> SiteStatusEvent:  # fmt: skip
    return SiteStatusEvent.objects.create(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, kind=kind, move=move, from_status=before,
        to_status=after, effective_on=request.day, recorded_at=at, recorded_by=request.by,
        reason_code=request.reason_code, reason=request.reason.strip(), corrects=corrects,
    )  # fmt: skip


def _latest(site: Site, kind: SiteStatusEvent.Kind) -> SiteStatusEvent | None:
    return site.status_events.filter(kind=kind).order_by("-id").first()


def _before(event: SiteStatusEvent) -> SiteStatusEvent | None:
    """The event whose day bounds a correction of `event`: the last one that is not itself on the way to it."""
    corrected = event
    while corrected.corrects is not None:
        corrected = corrected.corrects
    return event.site.status_events.filter(kind=event.kind, id__lt=corrected.pk).order_by("-id").first()


def _refuse_unsigned(site: Site, status: str) -> None:
    """What lies behind a move that is signed is entered by that move, or by a migration that is: once at least."""
    behind = SITE.behind_signature()
    there = site.status_events.filter(kind=SiteStatusEvent.Kind.OPERATIONAL, to_status__in=behind)
    if status in behind and not there.exclude(move=CORRECTION).exists():
        raise Refusal("UNSIGNED", f"“{OperationalStatus(status).label}” comes after a signature: make that move first.")


def _refuse_impossible_day(site: Site, day: date, at: datetime, *, after: SiteStatusEvent | None) -> None:
    if day > site.today(at):
        sentence = "This day has not come yet at the site."
    elif after is not None and day < after.effective_on:
        sentence = (
            f"The site came to “{after.to_words}” on {after.effective_on:%-d %b %Y}; this cannot have happened before."
        )
    else:
        return
    raise BadInput("DAY", sentence, fields={"effective_on": sentence})
