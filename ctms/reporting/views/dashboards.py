"""A study, or a study in one country, at a glance: plan, actual, forecast, what needs attention, where, until when."""

from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from ctms.accounts import access
from ctms.core import clock, protocols
from ctms.core.metrics import Metric, Reading, read
from ctms.milestones import metrics as milestone_metrics
from ctms.milestones.gantt import LEGEND as GANTT_LEGEND
from ctms.milestones.gantt import gantt
from ctms.milestones.models import DONE_WITH, Milestone
from ctms.reporting.attention import attention_of
from ctms.reporting.charts import CURVE_LEGEND, CURVES, activation_chart
from ctms.reporting.funnels import startup_funnel
from ctms.reporting.maps import sites_map
from ctms.reporting.tiles import gap, opening_tiles_of, tiles_of
from ctms.studies import metrics as study_metrics
from ctms.studies.pages import InStudy
from ctms.web.places import PageRequest, Place
from enrollment import metrics as subjects
from enrollment.outlook import Outlook
from enrollment.views.pages import progress_from
from enrollment.views.plans import PLAN
from finance import metrics as money
from monitoring import metrics as monitoring
from monitoring.pages import sees_visits
from sites import metrics as sites
from sites import queries
from sites.columns import status_tone
from sites.models import Site

_OF_SITES = (
    sites.TOTAL, sites.CANDIDATES, sites.STARTING, sites.ACTIVATED, sites.ENROLLING, sites.CLOSING, sites.OUT,
)  # fmt: skip
_OF_SUBJECTS = (*subjects.FUNNEL, subjects.DISCREPANCIES)
_HERE = (
    subjects.SCREEN_FAILURE, sites.OPEN_ITEMS, sites.LATE_ITEMS, sites.ITEMS_WITH_US, milestone_metrics.OVERDUE,
    milestone_metrics.LATE,
)  # fmt: skip
_MONITORED = (
    monitoring.REPORTS_LATE, monitoring.REPORTS_ON_TIME, monitoring.OPEN_DEVIATIONS, monitoring.SERIOUS_DEVIATIONS,
    monitoring.LATE_FOLLOW_UPS, monitoring.VISITS_LATE,
)  # fmt: skip
_PAID = (money.RUNS_TO_CONFIRM, money.RUNS_TO_APPROVE, money.RUNS_TO_RELEASE, money.RUNS_LATE)
_OPEN = {
    "sites.active": "Active", "sites.total": "Sites", "enrollment.enrolled": "Enrolled",
    "enrollment.planned_to_date": "Plan to date",
}  # fmt: skip
_OPENING = {"sites.total": "Sites", "sites.starting": "In start-up", "sites.active": "Activated", "sites.out": "Out"}
_WAITING_SHOWN, _BELOW_SHOWN = 6, 9  # sites on their way; countries, or a country's sites, beside the map
_FEW, _SOME = 6, 12  # so many lines stand below one another beside the curve; beside the taller start-up
_REACHED_SHOWN, _AHEAD_SHOWN = 4, 10  # milestones


class Overview(InStudy):
    """A study at a glance."""

    page = "study"
    template_name = "reporting/study.html"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with clock.one_moment():
            context = self.context()
        return TemplateResponse(request, self.template_name, context)

    def context(self) -> dict[str, Any]:
        user, here = self.request.user, self.place
        countries = [] if self.country else [Place(self.sponsor, self.study, country) for country in self.countries]
        facts: dict[Any, Any] = {subjects.outlooks_at: subjects.outlooks_at([here, *countries], user)}
        outlook: Outlook = facts[subjects.outlooks_at][0]
        below = countries
        if self.country:
            below = [Place(self.sponsor, self.study, self.country, site) for site in outlook.sites]
        facts |= sites.facts_of(outlook.sites, [here, *countries])
        counted: dict[Any, Any] = {}
        rows = self._read(_OF_SUBJECTS, [here, *below], counted)
        more = self._read((*_OF_SITES, *subjects.PROGRESS), [here, *countries], facts)
        own = {ask: found[:1] for ask, found in (facts | counted).items()}
        readings = rows[0] | more[0] | self._read(self._wanted(), [here], own)[0]
        short = {name.partition(".")[2]: reading for name, reading in readings.items()}
        is_open = bool(readings["sites.active"].value or readings["sites.closing"].value or outlook.enrolled)
        tiles = (
            tiles_of(readings, outlook)
            if is_open else opening_tiles_of(readings, self._planned())
        )  # fmt: skip
        of_countries = [row | other for row, other in zip(rows[1:], more[1:], strict=True)] if countries else []
        enrolled = [(place.country.name, row["enrollment.enrolled"], row["enrollment.planned_to_date"])
                    for place, row in zip(countries, of_countries, strict=True)]  # fmt: skip
        attention = attention_of(here, readings, parts=enrolled)
        may_plan = protocols.authority().may(user, PLAN, self.country or self.study)
        return {
            "study": self.study,
            "country": self.country,
            "tiles": tiles,
            "is_open": is_open,
            "attention": attention,
            "map": sites_map(queries.points(outlook.sites)),
            **self._longest(outlook, len(attention), is_open),
            "opening": startup_funnel(readings),
            "plan_url": self._plan_url() if may_plan and not outlook.plan else "",
            "lacks_plan": not outlook.plan,
            "enrollment_url": readings["enrollment.planned_to_date"].url,
            **self._curves(is_open, outlook, short),
            **self._milestones(),
            **(self._sites(below, rows[1:]) if self.country else self._countries(below, of_countries, is_open)),
        }  # fmt: skip

    def _planned(self) -> list[Reading]:
        """Of a study: how many it is to enrol, and who says so."""
        here, user = self.place, self.request.user
        return [] if self.country else read([study_metrics.PLANNED_ENROLLMENT], [here], user)[0]

    def _wanted(self) -> tuple[Metric, ...]:
        """The metrics of this place alone, as far as this person sees what they lead to."""
        wanted: tuple[Metric, ...] = _HERE
        if sees_visits(self.request.user, self.study):
            wanted += _MONITORED
        held = access.held_at(self.request.user, "finance.view_run")
        if not self.country and any(self.study.scope.path.startswith(path) for path in held):
            wanted += _PAID
        return wanted

    def _read(self, wanted: tuple[Metric, ...], places: list[Place], facts: dict[Any, Any]) -> list[dict[str, Reading]]:
        rows = read(wanted, places, self.request.user, facts)
        return [{reading.metric.name: reading for reading in row} for row in rows]

    def _url(self, name: str, *more: str) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])

    def _plan_url(self) -> str:
        return self._url("country-plan-edit", self.kwargs["country"]) if self.country else self._url("plan-edit")

    def _curves(self, is_open: bool, outlook: Outlook, readings: dict[str, Reading]) -> dict[str, Any]:
        """The S-curve and the funnel; before the first site is open, how sites came on their way."""
        if is_open:
            return progress_from(outlook, readings)
        reached = queries.reached_on(sites.sites_within(self.place, self.request.user), CURVES)
        has_curve = any(reached.values())
        return {"site_chart": activation_chart(reached, today=outlook.today) if has_curve else "",
                "site_legend": CURVE_LEGEND}  # fmt: skip

    def _milestones(self) -> dict[str, Any]:
        """The milestones of the study or the country, as a picture."""
        user = self.request.user
        if not access.may_somewhere(user, "milestones.view_milestone"):
            return {}
        rows: Any = Milestone.objects.visible_in(self.study, user).select_related("scope", "outlook")
        every = list(
            rows.filter(scope=(self.country or self.study).scope).looked_at(clock.today()).order_by("position")
        )
        reached = [one for one in every if one.outlook.actual_on][-_REACHED_SHOWN:]
        ahead = [one for one in every if one.state not in DONE_WITH][:_AHEAD_SHOWN]
        here = [one for one in every if one in reached or one in ahead]
        name, more = ("country-milestones", [self.kwargs["country"]]) if self.country else ("milestones", [])
        return {
            "gantt": gantt(here, today=clock.today()),
            "gantt_legend": GANTT_LEGEND,
            "milestones_url": self._url(name, *more),
        }

    def _countries(self, places: list[Place], rows: list[dict[str, Reading]], is_open: bool) -> dict[str, Any]:
        """Each country with its sites and subjects; those that enrolled most first."""
        shown = _OPEN if is_open else _OPENING
        listed = [
            {
                "name": place.country.name,
                "url": self._url("country", place.country.country.lower()),
                "readings": [row[name] for name in shown],
                "gap": gap(row["enrollment.enrolled"].value, row["enrollment.planned_to_date"].value),
                "order": (-(row["enrollment.enrolled"].value or 0), -(row["sites.total"].value or 0)),
            }
            for place, row in zip(places, rows, strict=True)
        ]
        return {
            "rows": sorted(listed, key=lambda one: (one["order"], one["name"]))[:_BELOW_SHOWN],
            "columns": [{"label": "Country"}, *({"label": head, "kind": "number"} for head in shown.values()),
                        *([{"label": "Gap"}] if is_open else [])],
            "rows_title": "By country",
            "rows_url": self._url("countries"),
            "rows_link": "All countries",
        }  # fmt: skip

    def _sites(self, places: list[Place], rows: list[dict[str, Reading]]) -> dict[str, Any]:
        """The sites of a country with their subjects; those that enrolled most first."""
        shown = (subjects.CONSENTED, subjects.ENROLLED)
        listed = [
            {
                "name": place.site.number,
                "sub": place.site.facility.city,
                "status": place.site.get_operational_status_display(),
                "tone": status_tone(place.site.operational_status),
                "url": self._url("site", place.site.number),
                "readings": [row[one.name] for one in shown],
            }
            for place, row in zip(places, rows, strict=True)
        ]
        listed.sort(key=lambda row: (-(row["readings"][1].value or 0), row["name"]))
        return {
            "rows": listed[:_BELOW_SHOWN],
            "columns": [{"label": "Site"}, {"label": "Status"},
                        *({"label": one.label, "kind": "number"} for one in shown)],
            "rows_title": "By site",
            "rows_url": self._url("country-sites", self.kwargs["country"]),
            "rows_link": "All sites",
        }  # fmt: skip

    def _longest(self, outlook: Outlook, alarms: int, is_open: bool) -> dict[str, Any]:
        """The sites that wait longest, and where they leave no gap: few below few alarms, many beside the funnels."""
        found = queries.longest_waiting_of(outlook.sites, on=outlook.today, limit=_WAITING_SHOWN)
        few = _FEW if is_open else _SOME
        stands = "below" if found or not is_open else ""
        if found and alarms + len(found) < few:
            stands = "beside"
        is_long = stands == "below" and is_open and len(found) > _FEW // 2
        return {
            "waiting": [self._waiting(one) for one in found],
            "waiting_stands": stands,
            "waiting_span": 4 if is_long else 12,
            "funnel_span": 4 if is_long else 6,
        }

    def _waiting(self, waiting: queries.Waiting) -> dict[str, str]:
        site: Site = waiting.site
        return {
            "tone": "bad" if waiting.days > 180 else "watch" if waiting.days > 90 else "mute",
            "text": f"{site.number} {site.facility.city}",
            "url": self._url("site", site.number),
            "due": f"{waiting.days} d",
            "meta": f"{site.get_operational_status_display()} since {site.status_on:%-d %b %Y}",
        }


class CountryOverview(Overview):
    """The study in one country."""

    page = "country"
    template_name = "reporting/country.html"
