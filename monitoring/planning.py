"""Which visits a site is due, worked out from its status, its cadence, and what was planned already."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ctms.core.workdays import add_workdays
from enrollment.queries import Course
from monitoring.models import GONE, Cadence, MonitoringVisit, VisitMode, VisitType
from monitoring.rules import rules
from sites.models import OperationalStatus

S = OperationalStatus
_ASKED_BY = {S.SQV_PLANNED: VisitType.SQV, S.SIV_READY: VisitType.SIV, S.CLOSE_OUT: VisitType.COV}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A visit that should be planned: which, for when, and what asks for it."""

    type: VisitType
    mode: VisitMode
    planned_on: date
    trigger: str


def due_visits(
    *, status: str, status_on: date, country: str, cadence: Cadence | None, visits: Iterable[MonitoringVisit], on: date,
    course: Course | None = None,
) -> list[Proposal]:  # fmt: skip
    """The visits to plan now: at most one of each kind, for days from `on` within the horizon.

    Args:
        status: the site's, since `status_on`.
        cadence: None where nobody set one: then only statuses ask for visits.
        visits: those the site has, whatever became of them.
        course: how far it is with its subjects; None where nobody tells.
    """
    standing = [visit for visit in visits if visit.status not in GONE]
    if kind := _ASKED_BY.get(OperationalStatus(status)):
        if any(visit.type == kind and not visit.is_over for visit in standing):
            return []
        if any(visit.type == kind and visit.starts_on and visit.starts_on >= status_on for visit in standing):
            return []
        day = add_workdays(max(on, status_on), rules()["planning"][kind], country)
        return [Proposal(kind, VisitMode.ON_SITE, day, f"Site came to “{S(status).label}” on {status_on:%-d %b %Y}")]
    if status == S.ACTIVATED and course is not None and course.last_visit_on is not None:
        return _close_out(standing, course.last_visit_on, country, on)
    if status != S.ACTIVATED or cadence is None:
        return []
    interim = [visit for visit in standing if visit.type == VisitType.IMV]
    if any(visit.starts_on is None for visit in interim):
        return []  # one is planned: the next follows from the day it really begins
    if not interim:
        day, reason = _first_interim(status_on, cadence, course)
        return _within(VisitMode.ON_SITE, day, reason, country, on)
    return _next_interim(interim, status_on, country, cadence, on)


def _close_out(standing: list[MonitoringVisit], last_visit_on: date, country: str, on: date) -> list[Proposal]:
    """Once nobody is there and nobody can come any more, so many working days after the last subject's last visit."""
    if any(visit.type == VisitType.COV for visit in standing):
        return []
    day = add_workdays(max(on, last_visit_on), rules()["planning"][VisitType.COV], country)
    reason = f"The last subject had the last visit on {last_visit_on:%-d %b %Y}"
    return [Proposal(VisitType.COV, VisitMode.ON_SITE, day, reason)]


def _first_interim(activated_on: date, cadence: Cadence, course: Course | None) -> tuple[date, str]:
    """So many days after the first subject was enrolled, and no later than the interval of visits on site allows; of
    activation, where nobody tells of subjects."""
    days = timedelta(days=cadence.first_within_days)
    if course is None:
        return activated_on + days, f"First visit within {days.days} days of activation"
    latest = activated_on + timedelta(weeks=cadence.on_site_weeks)
    enrolled_on = course.first_enrolled_on
    if enrolled_on is not None and enrolled_on + days <= latest:
        first = f"{enrolled_on:%-d %b %Y}"
        return enrolled_on + days, f"First visit within {days.days} days of the first enrolled subject, {first}"
    return latest, f"First visit within {cadence.on_site_weeks} weeks of activation, whoever is enrolled"


def _next_interim(
    done: list[MonitoringVisit], activated_on: date, country: str, cadence: Cadence, on: date
) -> list[Proposal]:
    """On site or remote, whichever interval ends first."""
    began = {visit.pk: visit.starts_on or visit.planned_on for visit in done}
    last = max(began.values())
    on_site = [began[visit.pk] for visit in done if visit.mode == VisitMode.ON_SITE]
    next_on_site = (max(on_site) if on_site else activated_on) + timedelta(weeks=cadence.on_site_weeks)
    words = f"{cadence.get_tier_display()} risk"
    if cadence.remote_weeks and last + timedelta(weeks=cadence.remote_weeks) < next_on_site:
        reason = f"{words}: remote every {cadence.remote_weeks} weeks"
        return _within(VisitMode.REMOTE, last + timedelta(weeks=cadence.remote_weeks), reason, country, on)
    reason = f"{words}: on site every {cadence.on_site_weeks} weeks"
    return _within(VisitMode.ON_SITE, next_on_site, reason, country, on)


def _within(mode: VisitMode, day: date, reason: str, country: str, on: date) -> list[Proposal]:
    if day > on + timedelta(weeks=rules()["planning"]["horizon_weeks"]):
        return []
    return [Proposal(VisitType.IMV, mode, add_workdays(max(day, on), 0, country), reason)]
