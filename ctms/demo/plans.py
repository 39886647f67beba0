"""The demo trial's milestones: planned and signed when it began, forecast and explained since. All of it invented."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from random import Random

from ctms.accounts.models import Scope, User
from ctms.core.acting import Channel, Service, acting, on_simulated_day
from ctms.core.protocols import Proof
from ctms.demo.calendar import BEGINS, TODAY, noon
from ctms.demo.pen import Pen
from ctms.milestones.models import Baseline, Milestone
from ctms.milestones.services.baselines import draw_up_baseline, move_baseline
from ctms.milestones.services.outlooks import take_stock
from ctms.milestones.services.plans import edit_milestone, enter_days, plan_places
from ctms.studies.models import Study
from sites.models import Site, SiteStatusEvent

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
_TRACKER = "Start-up tracker, export of 5 Mar 2024"
_SLIP = ("LPI", date(2025, 3, 31), "Sites open later than planned; a second wave was approached")
_APPROVED = "The plan the board approved"
_SEED = 925
_LATELY = TODAY - timedelta(days=5)
_PLANNED_EACH = timedelta(days=62)  # two months' newly contacted sites are planned together


def tell(study: Study, people: dict[str, User], pen: Pen) -> None:
    """Everything on its day, by the cast through the services; facts of later days are not known yet then."""
    mara, petra = people["mara"], people["petra"]
    begun = BEGINS + timedelta(days=7)
    with _on(begun, mara, "Plan of the study as approved by the project board") as at:
        plan_places(study=study, places=[study.scope], starts_on=_DAY_0, by=mara, at=at)
        countries = list(Scope.objects.filter(study_country__study=study).order_by("path"))
        plan_places(study=study, places=countries, starts_on=_DAY_0 + timedelta(days=14), by=mara, at=at)
        first = draw_up_baseline(study=study, scope=study.scope, reason="", by=mara, at=at)
    signed = begun + timedelta(days=8)
    proof = _proof(pen, first, petra, signed)
    with _on(signed, petra, _APPROVED) as at:
        move_baseline(baseline=first, move="approve", reason=_APPROVED, by=petra, at=at, proof=proof)
    waves = _by_wave(study)
    for day in sorted({*waves, *_REACHED}):
        with _on(day, mara, "Plan of newly contacted sites" if day in waves else "As filed") as at:
            if day in waves:
                contacted, scopes = waves[day]
                plan_places(study=study, places=scopes, starts_on=contacted, by=mara, at=at)
            if reached := _REACHED.get(day):
                keys = Milestone.objects.filter(scope=study.scope, code__in=reached).values_list("pk", "code")
                days = {key: reached[code] for key, code in keys}
                enter_days(study=study, days=days, reference=f"eTMF-SIM, filed by {day:%-d %b %Y}", by=mara, at=at)
    code, expected, why = _SLIP
    with _on(_LATELY, mara, "Taken over from the tracker") as at:
        enter_days(study=study, days=_tracked(study), reference=_TRACKER, by=mara, at=at)
    with _on(_LATELY, mara, why) as at:
        changes = {"planned_on": expected, "expected_on": expected, "delay_reason": why}
        milestone = Milestone.objects.get(scope=study.scope, code=code)
        edit_milestone(milestone=milestone, changes=changes, version=None, by=mara, at=at)
        draw_up_baseline(study=study, scope=study.scope, reason=why, by=mara, at=at)
    yesterday = noon(TODAY - timedelta(days=1))
    with on_simulated_day(yesterday), acting(Service("Worker"), reason="Taking stock", channel=Channel.TASK):
        take_stock(study=study, at=yesterday)


@contextmanager
def _on(day: date, by: User, reason: str) -> Iterator[datetime]:
    with on_simulated_day(noon(day)), acting(by, reason=reason, channel=Channel.WEB, by_person=True):
        yield noon(day)


def _proof(pen: Pen, record: Baseline, by: User, day: date) -> Proof:
    with on_simulated_day(noon(day)), acting(by, reason="Signing", channel=Channel.WEB):
        return pen.proof(record, kind="approval", by=by, at=noon(day))


def _tracked(study: Study) -> dict[int, date]:
    """What was reached of countries and of sites since their selection, as far as somebody wrote it down."""
    chance, days = Random(_SEED), {}
    countries = Milestone.objects.filter(study=study, level="COUNTRY", code__in=_COUNTRY).order_by(
        "scope__path", "code"
    )
    for milestone in countries:
        on = _DAY_0 + timedelta(days=14 + chance.randrange(*_COUNTRY[milestone.code]))
        if chance.random() < 0.95:
            days[milestone.pk] = on
    selected = dict(
        SiteStatusEvent.objects.filter(study=study, move="select").values_list("site__scope", "effective_on")
    )
    at_sites = Milestone.objects.filter(scope__in=selected, code__in=_START_UP).order_by("scope__path", "code")
    for milestone in at_sites:
        on = selected[milestone.scope_id] + timedelta(days=chance.randrange(*_START_UP[milestone.code]))
        if on < _LATELY and chance.random() < 0.9:
            days[milestone.pk] = on
    return days


def _by_wave(study: Study) -> dict[date, tuple[date, list[Scope]]]:
    """Day of planning -> first contact of these sites, and their places."""
    groups: dict[date, list[tuple[date, Scope]]] = defaultdict(list)
    events = SiteStatusEvent.objects.filter(study=study, move="contact", effective_on__lt=_LATELY).order_by(
        "effective_on", "id"
    )
    sites = Site.objects.select_related("scope").in_bulk(list(events.values_list("site", flat=True)))
    for site, on in events.values_list("site", "effective_on"):
        planned = BEGINS + _PLANNED_EACH * ((on - BEGINS) // _PLANNED_EACH + 1)
        groups[min(planned, _LATELY)].append((on, sites[site].scope))
    return {day: (group[0][0], [scope for _, scope in group]) for day, group in sorted(groups.items())}
