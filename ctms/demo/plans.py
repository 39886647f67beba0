"""The demo trial's milestones: planned and signed when it began, forecast and explained since. All of it invented."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from ctms.accounts.models import Scope, User
from ctms.core.acting import Channel, Service, acting
from ctms.demo.calendar import BEGINS, evening
from ctms.demo.cast import monitor_of
from ctms.demo.pen import Pen
from ctms.demo.steps import Do, Step
from ctms.milestones.models import Baseline, Milestone, State
from ctms.milestones.services.baselines import draw_up_baseline, move_baseline
from ctms.milestones.services.outlooks import take_stock
from ctms.milestones.services.plans import edit_milestone, enter_days, expect_days, plan_places
from ctms.studies.models import Study
from sites.models import OperationalStatus, Site, SiteStatusEvent

_DAY_0 = date(2023, 6, 12)  # protocol final
_REACHED = {  # day of the entry -> what of the study was filed by then
    date(2023, 7, 24): {"PROT_SYN": date(2023, 4, 20), "PROT_FINAL": date(2023, 6, 12),
                        "FIRST_RA_SUB": date(2023, 7, 18)},
    date(2023, 10, 23): {"FIRST_EC_APP": date(2023, 9, 25), "FIRST_RA_APP": date(2023, 10, 2),
                         "EDC_GOLIVE": date(2023, 10, 9), "IRT_GOLIVE": date(2023, 10, 13),
                         "INV_MTG": date(2023, 10, 20)},
}  # fmt: skip
_COUNTRY = {"C_SEL": (0, 4), "C_RA_SUB": (40, 60), "C_EC_SUB": (42, 66), "C_RA_APP": (95, 150), "C_EC_APP": (92, 140)}
_START_UP = {
    "CTA_OUT": (8, 18),
    "IRB_SUB": (14, 30),
    "IRB_APP": (45, 70),
    "BUDGET_FINAL": (50, 85),
    "CTA_EXE": (60, 95),
}
_SUPPLIED = {"IP_RECEIVED": (1, 6)}
_ASKED = date(2024, 8, 23)  # the monitors ask their sites what they wait for, and until when
_AWAITED = {
    "SELECTED": "Asked again in July; the site looks for a second coordinator",
    "STARTUP_PKG_OUT": "Asked again in July; the site looks for a second coordinator",
    "IRB_SUB": "The committee does not meet in August",
    "IRB_APP": "The committee asked for a shorter patient information",
    "CTA_OUT": "Legal department of the hospital on leave",
    "BUDGET_FINAL": "The hospital asks for another overhead",
    "CTA_EXE": "The hospital signs contracts once a month",
    "ESS_DOCS_COMPLETE": "Papers of two sub-investigators are missing",
    "SIV": "The investigator is on leave until then",
    "GREEN_LIGHT": "Two certificates are outstanding",
    "S_FPS": "No patient in the clinic fits at the moment",
}
_WAITS = "The site has asked for more time"
_UNANSWERED = 0.05
_ROUNDS = 4
_APPROVED = "The plan the board approved"
_SEED = 925
_PLANNED_EACH = timedelta(days=62)  # two months' newly contacted sites are planned together


@dataclass(frozen=True)
class _Slip:
    """A day on which the study manager takes stock with the tracker, and moves the last subject's day."""

    on: date
    last_subject: date
    why: str
    signed: date | None
    half: date | None = None  # when half of the subjects are expected, where that day was missed


_SLIPS = (
    _Slip(date(2024, 3, 6), date(2025, 3, 31), "Sites open later than planned; a second wave was approached",
          date(2024, 3, 14)),
    _Slip(date(2024, 8, 29), date(2025, 7, 31), "Sites enrol fewer subjects than planned", None,
          half=date(2024, 10, 21)),
)  # fmt: skip


def steps(study: Study, until: date) -> list[Step]:
    """What happens about milestones, by the cast through the services; facts of later days are not known yet then."""
    begun = BEGINS + timedelta(days=7)
    found = [
        Step(begun, "mara", "Plan of the study as approved by the project board", _plans_study(study)),
        Step(begun + timedelta(days=8), "petra", _APPROVED, _signs(study, _APPROVED)),
    ]
    waves = {BEGINS + _PLANNED_EACH * number for number in range(1, (until - BEGINS) // _PLANNED_EACH + 1)}
    for day in sorted(waves | {slip.on for slip in _SLIPS}):
        found.append(Step(day, "mara", "Plan of newly contacted sites", _plans_sites(study)))
    for day, reached in _REACHED.items():
        found.append(Step(day, "mara", "As filed", _enters(study, reached)))
    for slip in _SLIPS:
        found.append(Step(slip.on, "mara", "Taken over from the tracker", _takes_over(study, slip)))
        found.append(Step(slip.on, "mara", slip.why, _moves(study, slip)))
        if slip.signed:
            found.append(Step(slip.signed, "petra", "Agreed with the project board", _signs(study, slip.why)))
    for who in ("lena", "idris"):
        found.append(Step(_ASKED, who, "Asked the site what it waits for", _asks(study, who)))
    found.append(Step(until - timedelta(days=1), "mara", "Taking stock", _takes_stock(study), at=evening))
    return found


def _plans_study(study: Study) -> Do:
    def do(mara: User, at: datetime, pen: Pen) -> None:
        plan_places(study=study, places=[study.scope], starts_on=_DAY_0, by=mara, at=at)
        countries = list(Scope.objects.filter(study_country__study=study).order_by("path"))
        plan_places(study=study, places=countries, starts_on=_DAY_0 + timedelta(days=14), by=mara, at=at)
        draw_up_baseline(study=study, scope=study.scope, reason="", by=mara, at=at)

    return do


def _signs(study: Study, reason: str) -> Do:
    def do(petra: User, at: datetime, pen: Pen) -> None:
        drawn_up = Baseline.objects.filter(study=study, scope=study.scope).order_by("pk").last()
        assert drawn_up is not None
        proof = pen.proof(drawn_up, kind="approval", by=petra, at=at)
        move_baseline(baseline=drawn_up, move="approve", reason=reason, by=petra, at=at, proof=proof)

    return do


def _plans_sites(study: Study) -> Do:
    """Plans the sites that were contacted since the last time, counted from the first of them."""

    def do(mara: User, at: datetime, pen: Pen) -> None:
        planned = Milestone.objects.filter(study=study, level="SITE").values("scope")
        events = SiteStatusEvent.objects.filter(study=study, move="contact", effective_on__lt=at.date())
        fresh = events.exclude(site__scope__in=planned).order_by("effective_on", "id").select_related("site__scope")
        if contacted := list(fresh):
            places = list({event.site.scope_id: event.site.scope for event in contacted}.values())
            plan_places(study=study, places=places, starts_on=contacted[0].effective_on, by=mara, at=at)

    return do


def _enters(study: Study, reached: Mapping[str, date]) -> Do:
    def do(mara: User, at: datetime, pen: Pen) -> None:
        keys = Milestone.objects.filter(scope=study.scope, code__in=reached).values_list("pk", "code")
        days = {key: reached[code] for key, code in keys}
        enter_days(study=study, days=days, reference=f"eTMF-SIM, filed by {at:%-d %b %Y}", by=mara, at=at)

    return do


def _takes_over(study: Study, slip: _Slip) -> Do:
    def do(mara: User, at: datetime, pen: Pen) -> None:
        tracker = f"Start-up tracker, export of {slip.on - timedelta(days=1):%-d %b %Y}"
        if days := _tracked(study, slip.on):
            enter_days(study=study, days=days, reference=tracker, by=mara, at=at)

    return do


def _moves(study: Study, slip: _Slip) -> Do:
    def do(mara: User, at: datetime, pen: Pen) -> None:
        last = slip.last_subject
        changes = {"planned_on": last, "expected_on": last, "delay_reason": slip.why}
        milestone = Milestone.objects.get(scope=study.scope, code="LPI")
        edit_milestone(milestone=milestone, changes=changes, version=None, by=mara, at=at)
        if slip.half:
            half = Milestone.objects.get(scope=study.scope, code="ENR50")
            changes = {"expected_on": slip.half, "delay_reason": slip.why}
            edit_milestone(milestone=half, changes=changes, version=None, by=mara, at=at)
        draw_up_baseline(study=study, scope=study.scope, reason=slip.why, by=mara, at=at)

    return do


def _takes_stock(study: Study) -> Do:
    def do(mara: User, at: datetime, pen: Pen) -> None:
        with acting(Service("Worker"), reason="Taking stock", channel=Channel.TASK):
            take_stock(study=study, at=at)

    return do


def _asks(study: Study, who: str) -> Do:
    """Says of the first overdue milestone of each of a monitor's sites when it is expected; those after it follow.

    In rounds: where something else holds the site up as well, that is said next.
    """

    def do(by: User, at: datetime, pen: Pen) -> None:
        today, chance = at.date(), Random(f"{_SEED} {who}")
        asked = Site.objects.filter(study=study).exclude(operational_status=OperationalStatus.CLOSED)
        places = {
            site.scope_id for site in asked.select_related("country").order_by("number")
            if monitor_of(site.country.country) == who and chance.random() > _UNANSWERED
        }  # fmt: skip
        take_stock(study=study, at=at)
        said: set[int] = set()
        for _ in range(_ROUNDS):
            late = Milestone.objects.filter(scope__in=places).looked_at(today).filter(state=State.OVERDUE)
            first: dict[int, Milestone] = {}
            for one in late.exclude(pk__in=said).order_by("scope__path", "position"):
                first.setdefault(one.scope_id, one)
            days = {
                one.pk: (today + timedelta(days=chance.randrange(14, 50)), _AWAITED.get(one.code, _WAITS))
                for one in first.values()
            }
            said |= set(days)
            expect_days(study=study, days=days, by=by, at=at)

    return do


def _tracked(study: Study, lately: date) -> dict[int, date]:
    """What was reached of countries and of sites since their selection, as far as somebody wrote it down by then."""
    chance, days = Random(_SEED), {}
    listed = Milestone.objects.filter(study=study, level="COUNTRY", code__in=_COUNTRY).order_by("scope__path", "code")
    for milestone in listed:
        on = _DAY_0 + timedelta(days=14 + chance.randrange(*_COUNTRY[milestone.code]))
        if chance.random() < 0.95 and milestone.entered_on is None:
            days[milestone.pk] = on
    selected = _days_of(study, "select", lately)
    at_sites = Milestone.objects.filter(scope__in=selected, code__in=_START_UP).order_by("scope__path", "code")
    for milestone in at_sites:
        on = selected[milestone.scope_id] + timedelta(days=chance.randrange(*_START_UP[milestone.code]))
        if on < lately and chance.random() < 0.9 and milestone.entered_on is None:
            days[milestone.pk] = on
    activated = _days_of(study, "activate", lately)
    supplied = Milestone.objects.filter(scope__in=activated, code__in=_SUPPLIED, entered_on=None)
    for milestone in supplied.order_by("scope__path"):
        on = activated[milestone.scope_id] + timedelta(days=chance.randrange(*_SUPPLIED[milestone.code]))
        if on < lately and chance.random() < 0.95:
            days[milestone.pk] = on
    return days


def _days_of(study: Study, move: str, lately: date) -> dict[int, date]:
    """Scope of a site -> the day on which it made this move, as far as it did by then."""
    events = SiteStatusEvent.objects.filter(study=study, move=move, effective_on__lt=lately)
    return dict(events.values_list("site__scope", "effective_on"))
