"""From plans and facts to forecasts: a delay moves what depends on it, and what the sites do moves country and study.

No Django and no database: plans and facts in, outlooks out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from ctms.core.wording import counted
from ctms.milestones.catalog import LATER, STANDARDS, RollUp, Standard


@dataclass(frozen=True, slots=True)
class Planned:
    """A milestone as people have it. `place` is its scope's path, `name` what people call that place."""

    key: int
    place: str
    name: str
    code: str
    planned_on: date | None
    expected_on: date | None = None
    delay_reason: str = ""
    entered_on: date | None = None
    reference: str = ""
    applies: bool = True

    @property
    def standard(self) -> Standard:
        return STANDARDS[self.code]


@dataclass(frozen=True, slots=True)
class Reached:
    """That a milestone was reached, and who says so."""

    on: date
    system: str
    source: str


Standing = Literal["EXPECTED", "PASSED", "NOT_EXPECTED"]


@dataclass(frozen=True, slots=True)
class View:
    """What is known of one milestone; the fields of `Outlook`."""

    standing: Standing = "EXPECTED"
    forecast_on: date | None = None
    because: str = ""
    actual_on: date | None = None
    system: str = ""
    source: str = ""

    @property
    def on(self) -> date | None:
        return self.actual_on or self.forecast_on


@dataclass
class Known:
    """Everything of one study.

    Args:
        plans: of all its places.
        facts: (place, code) -> what a room knows.
        left: place -> why it takes no further part.
        forecasts: (place, code) -> day and reason, of rooms that work towards a milestone.
        names: place -> what people call it; of sites that have facts and no plan too.
    """

    plans: Iterable[Planned]
    facts: Mapping[tuple[str, str], Reached]
    left: Mapping[str, str]
    names: Mapping[str, str]
    forecasts: Mapping[tuple[str, str], tuple[date, str]] = field(default_factory=dict)
    _by_place: dict[tuple[str, str], Planned] = field(default_factory=dict)
    _views: dict[tuple[str, str], View] = field(default_factory=dict)
    _below: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_place = {(plan.place, plan.code): plan for plan in self.plans}
        rolled = {one.rolls_up.code for one in STANDARDS.values() if one.rolls_up}
        for place, code in dict.fromkeys([*self._by_place, *self.facts]):
            if code in rolled:
                for above in _above(place):
                    self._below.setdefault((above, code), []).append(place)

    def views(self) -> dict[int, View]:
        """The outlook of each plan, by its key."""
        return {plan.key: self._view(plan.place, plan.code) for plan in self._by_place.values()}

    def _view(self, place: str, code: str) -> View:
        known = (place, code)
        if known not in self._views:
            self._views[known] = self._worked_out(place, code)
        return self._views[known]

    def _worked_out(self, place: str, code: str) -> View:
        plan, fact = self._by_place.get((place, code)), self.facts.get((place, code))
        if plan is not None and plan.entered_on is not None:
            return View(actual_on=plan.entered_on, system="CTMS", source=f"Entered by hand: {plan.reference}")
        if fact is not None:
            return View(actual_on=fact.on, system=fact.system, source=fact.source)
        if plan is None:
            return View(standing="NOT_EXPECTED")
        if not plan.applies:
            return View(standing="NOT_EXPECTED", because="Does not apply here")
        if place in self.left:
            return View(standing="NOT_EXPECTED", because=self.left[place])
        if plan.standard.rolls_up is not None:
            rolled = self._rolled_up(place, plan.standard.rolls_up)
            if rolled is not None:
                return rolled
        passed = next((later for later in LATER[code] if self._was_reached(place, later)), "")
        if passed:
            return View(standing="PASSED", because=f"Before “{STANDARDS[passed].label}”, but nobody has said when")
        return self._forecast(plan)

    def _was_reached(self, place: str, code: str) -> bool:
        """Whether somebody or some room says so, at this place or, for a first site, at one below."""
        plan, rule = self._by_place.get((place, code)), STANDARDS[code].rolls_up
        if (place, code) in self.facts or (plan is not None and plan.entered_on is not None):
            return True
        if rule is None or rule.percent:
            return False
        return any(self._was_reached(below, rule.code) for below in self._below.get((place, rule.code), ()))

    def _forecast(self, plan: Planned) -> View:
        """The planned or expected day, or a later one where something before it comes too late for that.

        Where a room works towards it, that room's day, unless people expect an even later one: the room knows how long
        its steps take, so only what is forecast even later than its day still moves it.
        """
        on, because = plan.planned_on, ""
        if plan.expected_on is not None:
            on, because = plan.expected_on, plan.delay_reason
        known = self.forecasts.get((plan.place, plan.code))
        if known is not None and (plan.expected_on is None or plan.expected_on <= known[0]):
            on, because = known
        for code, usual in plan.standard.after:
            days = 0 if known is not None else usual
            found = self._before(plan.place, code)
            if found is not None and (earliest := found[1] + timedelta(days=days)) and (on is None or earliest > on):
                on, because = earliest, _waits(code, days, found[0])
        return View(forecast_on=on, because=because)

    def _before(self, place: str, code: str) -> tuple[View, date] | None:
        """What must come before, at this place or the nearest one above that has it."""
        for where in (place, *_above(place)):
            if (where, code) in self._by_place or (where, code) in self.facts:
                view = self._view(where, code)
                return (view, view.on) if view.on is not None else None
        return None

    def _rolled_up(self, place: str, rule: RollUp) -> View | None:
        """What the sites below say; None where no site has a day."""
        views = ((below, self._view(below, rule.code)) for below in self._below.get((place, rule.code), ()))
        counted = [(below, view) for below, view in views if view.standing != "NOT_EXPECTED"]
        needed = rule.needed(len(counted))
        words = _nth(needed, len(counted))
        done = sorted((view.actual_on, below) for below, view in counted if view.actual_on)
        if len(done) >= needed:
            on, below = done[needed - 1]
            return View(actual_on=on, system="CTMS", source=f"{words}: {self.names.get(below, '')}")
        dated = sorted((view.on, below) for below, view in counted if view.on)
        if len(dated) < needed:
            return None
        on, below = dated[needed - 1]
        return View(forecast_on=on, because=f"{words}: {self.names.get(below, '')}")


def _above(place: str) -> Iterator[str]:
    """The places above a path, nearest first; the sponsor's root is none."""
    steps = place.strip("/").split("/")
    for length in range(len(steps) - 1, 0, -1):
        yield "/" + "/".join(steps[:length]) + "/"


def _waits(code: str, days: int, before: View) -> str:
    assert before.on is not None
    how = "reached" if before.actual_on else "forecast for"
    when = f"“{STANDARDS[code].label}”, {how} {before.on:%-d %b %Y}"
    if days == 0:
        return f"Not before {when}"
    return f"At the earliest {counted(days, 'day')} after {when}"


def _nth(number: int, sites: int) -> str:
    if number == 1:
        return "First site"
    return f"Site {number} of {sites}"
