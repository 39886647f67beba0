"""Plan, actual and forecast of enrollment at a study, its countries and its sites: facts asked once, places picked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate
from statistics import quantiles
from typing import Any

from django.db.models import Count, Q, Subquery
from django.db.models.functions import TruncMonth

from ctms.core import clock
from ctms.studies.models import Study
from ctms.web.places import Place
from enrollment.forecast import MONTH, ComingSite, Expected, OpenSite, Prior, expected, prior_from
from enrollment.models import EnrolledDefinition, EnrollmentPlan, months_from
from enrollment.queries import enrolled_days
from sites.filters import STAGES
from sites.models import EnrollmentStatus, Site
from sites.queries import lives_of

FARTHEST, SHORTEST = 36, 6  # months that a forecast reaches at most, and at least
_USUAL_WAY = (95, 317)  # days from selection to activation, of which half of all sites lie within; 206 on average
_FEWEST_WAYS = 8
_SOONEST, _NARROWEST = 14, 60  # days


Ahead = tuple[list[tuple[date, Expected]], list[date | None]]


@dataclass(frozen=True, slots=True)
class Point:
    """A month: new subjects, and how many there are by its end; what is not known is None."""

    month: date
    plan: int | None
    planned: int | None
    new: int | None
    actual: int | None
    forecast: Expected | None


@dataclass(frozen=True)
class Planned:
    """What was planned at one place: month -> new subjects; empty where there is no plan."""

    today: date
    plan: dict[date, int]

    def planned_to_date(self) -> int | None:
        """By today, of the month under way as much as has passed of it."""
        if not self.plan:
            return None
        month = self.today.replace(day=1)
        share = self.today.day / ((_next(month) - month).days)
        done = sum(number for one, number in self.plan.items() if one < month)
        return int(done + self.plan.get(month, 0) * share)


@dataclass(frozen=True)
class Outlook(Planned):
    """What was planned, what is, and what is to be expected at one place.

    Args:
        plan_words: whose plan it is.
        actual: month -> new subjects, up to this month.
        target: how many there should be in the end.
        ahead: works out the forecast, which takes a while, for whoever wants it.
        sites: those of the place that this person may see.
        means: from which milestone on a subject counts as enrolled, in words.
        is_part: of a study, whose forecast does not stop at its share of the target.
    """

    plan_words: str
    actual: dict[date, int]
    target: int | None
    ahead: Callable[[], Ahead]
    sites_open: int = 0
    sites_coming: int = 0
    prior: Prior | None = None
    sites: Sequence[Site] = ()
    means: str = ""
    is_part: bool = False

    @cached_property
    def _ahead(self) -> Ahead:
        return self.ahead()

    @property
    def forecast(self) -> list[tuple[date, Expected]]:
        """(month, by its end), from this month on."""
        return self._ahead[0]

    @property
    def reached(self) -> list[date | None]:
        """Months in which the target is reached: soonest, expected, latest (80 %); None beyond the horizon."""
        return self._ahead[1]

    @property
    def enrolled(self) -> int:
        return sum(self.actual.values())

    def at_plan_end(self) -> tuple[date, Expected] | None:
        """The forecast by the end of the plan's last month, or in twelve months where no month of a plan is ahead."""
        if not self.forecast:
            return None
        last = max(self.plan, default=date.min)
        before = [one for one in self.forecast if one[0] <= last]
        return before[-1] if before else self.forecast[min(11, len(self.forecast) - 1)]

    def points(self) -> list[Point]:
        """All months of any of the three, in order."""
        ahead = dict(self.forecast)
        known = [*self.plan, *self.actual, *ahead]
        if not known:
            return []
        first, last = min(known), max(known)
        months = months_from(first, (last.year - first.year) * 12 + last.month - first.month + 1)
        now = self.today.replace(day=1)
        planned = dict(zip(months, accumulate(self.plan.get(month, 0) for month in months), strict=True))
        actual = dict(zip(months, accumulate(self.actual.get(month, 0) for month in months), strict=True))
        return [
            Point(
                month,
                self.plan.get(month, 0) if self.plan else None,
                planned[month] if self.plan else None,
                self.actual.get(month, 0) if month <= now else None,
                actual[month] if month <= now else None,
                ahead.get(month),
            )
            for month in months
        ]


@dataclass
class StudyFacts:
    """What outlooks of one study are made of, over all its sites; and which of them this person may see."""

    study: Study
    today: date
    sites: list[Site]
    visible: set[int]
    stretches: dict[int, list[tuple[date, date | None]]]
    ways: dict[int, tuple[date | None, date | None]]
    enrolled: dict[int, dict[date, int]]
    plans: dict[int, EnrollmentPlan]
    means: str = ""
    _prior: list[Prior | None] = field(default_factory=list)

    @property
    def sees_all(self) -> bool:
        return all(site.pk in self.visible for site in self.sites)

    def prior(self) -> Prior | None:
        """The spread of rates over all of the study's sites, whoever looks."""
        if not self._prior:
            self._prior.append(prior_from([one for _, one in self._open(self.sites)], self._planned_rate()))
        return self._prior[0]

    def outlook(self, place: Place) -> Outlook:
        """Of the study, a country, or a site."""
        here = [site for site in self.sites if site.pk in self.visible and _lies_in(site, place)]
        plan, words = self.plan(place)
        actual: dict[date, int] = {}
        for site in here:
            for month, number in self.enrolled.get(site.pk, {}).items():
                actual[month] = actual.get(month, 0) + number
        whole = place.country is None and place.site is None and self.sees_all
        target = (self.study.planned_enrollment if whole else None) or (sum(plan.values()) or None)
        opened, coming = [one for _, one in self._open(here)], self._coming(here)
        now, prior = sum(actual.values()), self.prior()

        def ahead() -> Ahead:
            return self._forecast(opened, coming, now, target, farthest=max(plan, default=self.today), whole=whole)

        going_on = sum(one.goes_on for one in opened)
        return Outlook(
            self.today, plan, words, actual, target, ahead, going_on, len(coming), prior, here, self.means, not whole
        )  # fmt: skip

    def _forecast(
        self, opened: list[OpenSite], coming: list[ComingSite], now: int, target: int | None, *, farthest: date,
        whole: bool,
    ) -> Ahead:  # fmt: skip
        prior = self.prior()
        ceiling = max(target - now, 0) if whole and target else None
        forecast: list[tuple[date, Expected]] = []
        reached: list[date | None] = [None, None, None]
        if prior and (coming or any(one.goes_on for one in opened)):
            farthest = max(farthest, _add(self.today, SHORTEST))
            for month in months_from(self.today.replace(day=1), FARTHEST):
                ahead = ((_next(month) - timedelta(days=1)) - self.today).days / MONTH
                new = expected(opened, coming, prior, max(ahead, 0.0), ceiling=ceiling)
                said = Expected(now + new.mean, now + new.low, now + new.high)
                forecast.append((month, said))
                for turn, count in enumerate((said.high, round(said.mean), said.low)):
                    if target and reached[turn] is None and count >= target:
                        reached[turn] = month
                if month >= farthest and (not whole or target is None or reached[1]):
                    break
        return forecast, reached

    def _open(self, sites: Iterable[Site]) -> list[tuple[Site, OpenSite]]:
        found = []
        for site in sites:
            count = sum(self.enrolled.get(site.pk, {}).values())
            stretches = self.stretches.get(site.pk, [])
            days = sum(max(((end or self.today) - begin).days, 0) for begin, end in stretches)
            goes_on = site.enrollment_status == EnrollmentStatus.OPEN
            if days or count or goes_on:
                found.append((site, OpenSite(max(days, 1) / MONTH, count, goes_on)))
        return found

    def _coming(self, sites: Iterable[Site]) -> list[ComingSite]:
        """Sites in start-up: as long from their selection as half of the study's sites took, in the middle."""
        ways = sorted(
            (done - begun).days for begun, done in self.ways.values() if begun and done and done > begun
        )  # fmt: skip
        low, high = _USUAL_WAY
        if len(ways) >= _FEWEST_WAYS:
            low, _, high = (int(one) for one in quantiles(ways, n=4))
        found = []
        for site in sites:
            if site.operational_status in STAGES["starting"][1]:
                begun = self.ways.get(site.pk, (None, None))[0] or site.status_on
                gone = (self.today - begun).days
                earliest = max(low - gone, _SOONEST)
                found.append(ComingSite(earliest / MONTH, max(high - gone, earliest + _NARROWEST) / MONTH))
        return found

    def plan(self, place: Place) -> tuple[dict[date, int], str]:
        """The place's own plan, or the sum of the plans below it; and whose it is, in words."""
        if place.site is not None:
            own = self.plans.get(place.site.scope_id)
            return (own.by_month(), "the site's plan") if own else ({}, "")
        if place.country is not None:
            own = self.plans.get(place.country.scope_id)
            if own:
                return own.by_month(), "the country's plan"
        elif self.sees_all:
            own = self.plans.get(self.study.scope_id)
            if own:
                return own.by_month(), "the study's plan"
        here = [site for site in self.sites if site.pk in self.visible and _lies_in(site, place)]
        if place.country is None:
            countries = {site.country.scope_id for site in here}
            below = [self.plans[scope] for scope in sorted(countries) if scope in self.plans]
            if below:
                return _sum(below), _words_of(len(below), "country", "countries")
        below = [self.plans[site.scope_id] for site in here if site.scope_id in self.plans]
        return (_sum(below), _words_of(len(below), "site", "sites")) if below else ({}, "")

    def _planned_rate(self) -> float | None:
        """Subjects a site and month in the plan's busiest month, over the sites that are or will be open."""
        own = self.plans.get(self.study.scope_id)
        sites = sum(site.operational_status in {*STAGES["starting"][1], *STAGES["active"][1]} for site in self.sites)
        return max(own.subjects, default=0) / sites or None if own and sites else None


def facts_of(study: Study, user: Any, *, today: date) -> StudyFacts:
    """Asked once, in as many statements for a hundred sites as for one."""
    every = Site.objects.filter(study=study)
    seen = Site.objects.visible_in(study, user).order_by().values("pk")
    said = EnrolledDefinition.objects.filter(study=study).values("milestone")[:1]
    told = every.select_related("country", "facility").annotate(is_seen=Q(pk__in=seen), means=Subquery(said))
    listed: list[Any] = list(told.order_by("number"))
    stretches, ways = lives_of(every)
    enrolled: dict[int, dict[date, int]] = {}
    months = enrolled_days(every).order_by().annotate(month=TruncMonth("enrolled_on"))
    for site, month, number in months.values_list("site", "month").annotate(Count("id")):
        enrolled.setdefault(site, {})[month] = number
    plans = EnrollmentPlan.objects.visible_to(user).filter(study=study)
    return StudyFacts(
        study=study,
        today=today,
        sites=listed,
        visible={site.pk for site in listed if site.is_seen},
        stretches=stretches,
        ways=ways,
        enrolled=enrolled,
        plans={plan.scope_id: plan for plan in plans},
        means=EnrolledDefinition.CHOICES[(listed and listed[0].means) or EnrolledDefinition.DEFAULT],
    )


def plans_at(places: Sequence[Place], user: Any) -> list[Planned]:
    """What was planned at each place, and nothing else: in as many statements for a hundred studies as for one."""
    today, keys = clock.today(), {place.study.pk for place in places}
    shown = Site.objects.visible_to(user).filter(study__in=keys).order_by().values("pk")
    rows: Any = Site.objects.filter(study__in=keys).select_related("country").annotate(is_seen=Q(pk__in=shown))
    sites: dict[int, list[Site]] = {}
    seen: set[int] = set()
    for site in rows.order_by("pk"):
        sites.setdefault(site.study_id, []).append(site)
        if site.is_seen:
            seen.add(site.pk)
    plans = EnrollmentPlan.objects.visible_to(user).filter(study__in=keys)
    by_scope = {plan.scope_id: plan for plan in plans}
    facts = {
        place.study.pk: StudyFacts(place.study, today, sites.get(place.study.pk, []), seen, {}, {}, {}, by_scope)
        for place in places
    }
    return [Planned(today, facts[place.study.pk].plan(place)[0]) for place in places]


def _lies_in(site: Site, place: Place) -> bool:
    if place.site is not None:
        return bool(site.pk == place.site.pk)
    return place.country is None or bool(site.country_id == place.country.pk)


def _words_of(number: int, one: str, many: str) -> str:
    return f"the plan of one {one}" if number == 1 else f"the plans of {number} {many}"


def _sum(plans: Sequence[EnrollmentPlan]) -> dict[date, int]:
    months: dict[date, int] = {}
    for plan in plans:
        for month, number in plan.by_month().items():
            months[month] = months.get(month, 0) + number
    return dict(sorted(months.items()))


def _next(month: date) -> date:
    return months_from(month, 2)[1]


def _add(day: date, months: int) -> date:
    return months_from(day.replace(day=1), months + 1)[-1]
