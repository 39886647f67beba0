"""Planning visits, moving them to other days, and moving them and their reports along their lifecycle."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Max

from ctms.accounts.models import User
from ctms.core import protocols
from ctms.core.acting import says_why
from ctms.core.editing import refuse_without, revise
from ctms.core.lifecycle import Request
from ctms.core.protocols import Proof
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from enrollment.queries import course_at
from monitoring.lifecycle import VISIT
from monitoring.models import Cadence, MonitoringVisit, VisitEvent, VisitStatus, VisitType
from monitoring.planning import due_visits
from monitoring.rules import due
from monitoring.services import letters, reports
from monitoring.services.facts import write_fact
from monitoring.signing import report_content
from sites.models import Site

_RELATED = ("study", "site__scope", "site__facility", "site__country", "site__study", "monitor", "template")
_BY_HAND = "Planned by hand"


@use_case
def plan_visit(
    *, site: Site, type: str, mode: str, planned_on: date, monitor: User, rationale: str, by: User, at: datetime,
    trigger: str = _BY_HAND,
) -> MonitoringVisit:  # fmt: skip
    """Plans a visit of a monitor to the site.

    Args:
        rationale: why this visit, and why then.
        trigger: what asks for it, where it is not somebody's own decision.
    """
    site = _locked_site(site)
    refuse_without(by, "monitoring.plan_visit", site, "planning visits at this site")
    return _plan(site, type, mode, planned_on, monitor, trigger, rationale, by, at)


@use_case
def plan_due_visits(*, site: Site, monitor: User, by: User, at: datetime) -> list[MonitoringVisit]:
    """Plans what the site's status and cadence ask for and is not planned yet; an empty list where nothing is."""
    site = _locked_site(site)
    refuse_without(by, "monitoring.plan_visit", site, "planning visits at this site")
    proposals = due_visits(
        status=site.operational_status, status_on=site.status_on, country=site.country.country,
        cadence=site.cadences.first(), visits=list(site.monitoring_visits.all()), on=site.today(at),
        course=course_at(site),
    )  # fmt: skip
    return [
        _plan(site, one.type, one.mode, one.planned_on, monitor, one.trigger, "As the plan has it", by, at)
        for one in proposals
    ]


@use_case
def replan_visit(
    *, visit: MonitoringVisit, planned_on: date, rationale: str, by: User, at: datetime, monitor: User | None = None
) -> MonitoringVisit:
    """Moves a visit that has not begun to another day, or to another monitor. Says why."""
    visit = locked(visit)
    refuse_without(by, "monitoring.plan_visit", visit, "planning visits at this site")
    if visit.status not in (VisitStatus.PLANNED, VisitStatus.CONFIRMED):
        raise Refusal("BEGUN", f"{visit} has begun or ended: its day is not planned any more.")
    _refuse_without_words(rationale)
    if monitor is not None and monitor != visit.monitor:
        _refuse_other_than_monitors(monitor, visit.site)
        visit.monitor = monitor
    if planned_on != visit.planned_on and planned_on < visit.site.today(at):
        raise BadInput("DAY", "Choose a day to come.", fields={"planned_on": "This day is over at the site."})
    visit.planned_on, visit.rationale = planned_on, rationale.strip()
    visit.save(update_fields=["planned_on", "rationale", "monitor"])
    letters.replace_confirmation(visit, at=at)
    _add_event(visit, "replan", visit.status, Request(by, visit.site.today(at), rationale), at)
    return visit


@use_case
def set_cadence(*, site: Site, changes: Mapping[str, Any], version: int | None, by: User, at: datetime) -> Cadence:
    """Says how often the site is visited, or changes it. The rationale tells what is known of its risk."""
    site = _locked_site(site)
    refuse_without(by, "monitoring.plan_visit", site, "planning visits at this site")
    _refuse_without_words(changes.get("rationale", ""))
    cadence: Cadence | None = Cadence.objects.select_for_update().filter(site=site).first()
    if cadence is not None:
        revise(cadence, changes, version)
        return cadence
    cadence = Cadence(sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, **changes)
    cadence.full_clean()
    cadence.save(force_insert=True)
    return cadence


@use_case
def move_visit(
    *, visit: MonitoringVisit, move: str, by: User, at: datetime, effective_on: date | None = None, reason: str = "",
    proof: Proof | None = None,
) -> VisitEvent:  # fmt: skip
    """Makes one move of the visit, with everything that follows from it: report, versions, letters, the site's facts.

    Args:
        effective_on: the day it happened, at the site; by default today.
        proof: that `by` signs, for a move that takes a signature.

    Raises:
        Refusal: wrong status, missing permission, reason or signature, an impossible day, or a guard's sentence.
    """
    visit = locked(visit)
    today = visit.site.today(at)
    request = Request(by, effective_on or today, reason, "", proof)
    if request.day > today:
        raise BadInput("DAY", "This day has not come yet.", fields={"effective_on": "It has not come yet at the site."})
    before, content = visit.status, report_content(visit) if move == "submit" else {}
    VISIT.advance(visit, move, request)
    if move == "submit":
        reports.freeze(visit, content, by=by, at=at)
    elif move in _FOLLOWS:
        _FOLLOWS[move](visit, request, at)
    visit.save()
    return _add_event(visit, move, before, request, at)


def locked(visit: MonitoringVisit) -> MonitoringVisit:
    """The visit as it is now, with what its rules read, locked until the transaction ends."""
    found: MonitoringVisit = MonitoringVisit.objects.select_related(*_RELATED).locked(visit.pk)
    return found


def _confirm(visit: MonitoringVisit, request: Request, at: datetime) -> None:
    letters.make_confirmation(visit, on=request.day, at=at)


def _begin(visit: MonitoringVisit, request: Request, at: datetime) -> None:
    visit.starts_on = request.day
    reports.begin(visit, at=at)


def _end(visit: MonitoringVisit, request: Request, at: datetime) -> None:
    country = visit.site.country.country
    visit.ends_on = request.day
    visit.report_due_on = due("report_after", request.day, country, kind=visit.type)
    visit.approval_due_on = due("approval_after", request.day, country)
    if visit.type == VisitType.SIV:
        write_fact(visit, request.day, by=request.by, at=at)


def _approve(visit: MonitoringVisit, request: Request, at: datetime) -> None:
    visit.approved_on = visit.site.today(at)
    if visit.type in (VisitType.SQV, VisitType.COV):
        write_fact(visit, visit.approved_on, by=request.by, at=at)
    letters.correct_if_needed(visit, at=at)


_FOLLOWS: dict[str, Callable[[MonitoringVisit, Request, datetime], None]] = {
    "confirm": _confirm, "begin": _begin, "end": _end, "approve": _approve,
}  # fmt: skip


def _locked_site(site: Site) -> Site:
    found: Site = Site.objects.select_related("scope", "facility", "country", "study").locked(site.pk)
    return found


def _plan(
    site: Site, kind: str, mode: str, planned_on: date, monitor: User, trigger: str, rationale: str, by: User,
    at: datetime,
) -> MonitoringVisit:  # fmt: skip
    if planned_on < site.today(at):
        raise BadInput("DAY", "Choose a day to come.", fields={"planned_on": "This day is over at the site."})
    _refuse_without_words(rationale)
    _refuse_other_than_monitors(monitor, site)
    last = MonitoringVisit.objects.filter(site=site, type=kind).aggregate(last=Max("number"))["last"] or 0
    visit = MonitoringVisit(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, type=kind, number=last + 1,
        label=f"{kind} {last + 1}", mode=mode, monitor=monitor, planned_on=planned_on, trigger=trigger,
        rationale=rationale.strip(),
    )  # fmt: skip
    visit.full_clean(exclude=["snapshot", "snapshot_at", "template"])
    visit.save(force_insert=True)
    _add_event(visit, "plan", "", Request(by, site.today(at), f"{trigger}. {rationale.strip()}"), at)
    return visit


def _add_event(visit: MonitoringVisit, move: str, before: str, request: Request, at: datetime) -> VisitEvent:
    return VisitEvent.objects.create(
        sponsor_id=visit.sponsor_id, study_id=visit.study_id, site_id=visit.site_id, visit=visit, move=move,
        from_status=before, to_status=visit.status, effective_on=request.day, planned_on=visit.planned_on,
        round=visit.rounds, reason=request.reason.strip(), recorded_at=at, recorded_by=request.by,
    )  # fmt: skip


def _refuse_without_words(rationale: str) -> None:
    if not says_why(rationale):
        raise BadInput("RATIONALE", "Say why.", fields={"rationale": "Say why: a plan and its changes have reasons."})


def _refuse_other_than_monitors(monitor: User, site: Site) -> None:
    if not protocols.authority().may(monitor, "monitoring.author_tripreport", site):
        sentence = f"{monitor.full_name} has no role to visit this site and report on it."
        raise BadInput("MONITOR", sentence, fields={"monitor": sentence})
