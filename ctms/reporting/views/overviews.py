"""Study and country: what is known so far, each number with its source, and what to do next."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from audit.queries import Deed, trail
from audit.reading import Wanted
from ctms.core import clock, protocols
from ctms.core.metrics import Metric, read, read_here
from ctms.reporting.charts import CURVE_LEGEND, CURVES, activation_chart
from ctms.reporting.maps import sites_map
from ctms.studies import metrics as study_metrics
from ctms.studies.models import ExternalClaim, ImportFinding, VisitSchedule
from ctms.studies.pages import InStudy
from ctms.studies.wording import study_facts
from ctms.web.places import PageRequest, Place
from sites import metrics, queries

_COUNTRIES_SHOWN = 10
_ACTS_SHOWN = 8
_FINDINGS_READ = 50
_BY_COUNTRY = (metrics.TOTAL, metrics.STARTING, metrics.ACTIVATED, metrics.OUT)
_COUNTRY_COLUMNS = ({"label": "Country"}, *({"label": metric.label, "kind": "number"} for metric in _BY_COUNTRY))


class Overview(InStudy):
    """A study at a glance, or the study in one country."""

    page = "study"
    template_name = "reporting/study.html"

    @cached_property
    def today(self) -> date:
        return clock.today()

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sites = metrics.sites_within(self.place, request.user)
        reached = queries.reached_on(sites, CURVES)
        context = {
            "study": self.study,
            "country": self.country,
            "readings": read_here(self.shown_metrics(), self.place, request.user),
            "chart": activation_chart(reached, today=self.today),
            "has_curve": any(reached.values()),
            "curve_legend": CURVE_LEGEND,
            "waiting": [self._attention(waiting) for waiting in queries.longest_waiting(sites, on=self.today, limit=6)],
            "map": sites_map(queries.points(sites)),
            **self.more(),
        }
        return TemplateResponse(request, self.template_name, context)

    def shown_metrics(self) -> tuple[Metric, ...]:
        return (
            metrics.TOTAL, metrics.CANDIDATES, metrics.STARTING, metrics.ACTIVATED, metrics.ENROLLING,
            study_metrics.PLANNED_ENROLLMENT,
        )  # fmt: skip

    def more(self) -> dict[str, Any]:
        """What the study's own overview shows besides."""
        user, scope = self.request.user, self.study.scope
        claims = ExternalClaim.objects.visible_to(user).filter(scope=scope).select_related("run")
        schedules = VisitSchedule.objects.visible_to(user).filter(study=self.study).select_related("study")
        findings = ImportFinding.objects.visible_to(user).filter(study=self.study).select_related("run")
        may_audit = protocols.authority().may(user, "audit.view_trail", self.study)
        return {
            "claims": {claim.topic: claim for claim in claims},
            "schedule": schedules.order_by("-number").first(),
            "visits_url": self._url("schedule"),
            "findings": findings.order_by("run", "position")[:_FINDINGS_READ],
            "arms": list(self.study.arm_set.order_by("position")),
            "facts": study_facts(self.study),
            "countries": self._country_rows(),
            "country_columns": _COUNTRY_COLUMNS,
            "countries_url": self._url("countries"),
            "sources_url": self._url("sources"),
            "audit_url": self._url("study-audit"),
            "recent": self._recent() if may_audit else [],
        }

    def _recent(self) -> list[dict[str, Any]]:
        deeds = trail(Wanted(study=self.study.pk), limit=4 * _ACTS_SHOWN).acts
        return [_in_brief(deed) for deed in deeds[:_ACTS_SHOWN]]

    def _url(self, name: str, *more: str) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])

    def _country_rows(self) -> list[dict[str, Any]]:
        """The countries with the most sites, their sites by stage."""
        places = [Place(self.sponsor, self.study, country) for country in self.countries]
        rows = [
            {
                "name": place.country.name,
                "url": self._url("country", place.country.country.lower()),
                "readings": readings,
            }
            for place, readings in zip(places, read(_BY_COUNTRY, places, self.request.user), strict=True)
        ]
        return sorted(rows, key=lambda row: (-row["readings"][0].value, row["name"]))[:_COUNTRIES_SHOWN]

    def _attention(self, waiting: queries.Waiting) -> dict[str, str]:
        site = waiting.site
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

    def shown_metrics(self) -> tuple[Metric, ...]:
        return (
            metrics.TOTAL, metrics.CANDIDATES, metrics.STARTING, metrics.ACTIVATED, metrics.ENROLLING, metrics.OUT,
        )  # fmt: skip

    def more(self) -> dict[str, Any]:
        return {"sites_url": self._url("country-sites", self.kwargs["country"])}


def _in_brief(deed: Deed) -> dict[str, Any]:
    """An act in a few words: the first record it touched and what changed; or else what it put down."""
    every = [change for entry in deed.entries for change in entry.changes]
    changed = [f"{change.label}: {change.old} → {change.new}" for change in every if change.old]
    return {
        "title": deed.entries[0].record,
        "text": "; ".join(changed or [f"{change.label}: {change.new}" for change in deed.entries[0].changes]),
        "why": deed.reason,
        "who": deed.actor,
        "at": deed.at,
        "simulated": deed.is_simulated,
    }
