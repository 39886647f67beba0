"""Portfolio, study and country: what is known so far, each number with its source, and what to do next."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.views import View

from audit.queries import trail
from audit.reading import Wanted
from ctms.core import clock, protocols
from ctms.reporting.charts import activation_chart
from ctms.studies import metrics as study_metrics
from ctms.studies.models import ExternalClaim, ImportFinding, Study, StudyCountry, VisitSchedule
from ctms.studies.pages import InStudy
from ctms.web.places import InSponsor, Place
from sites import metrics, queries
from sites.models import OperationalStatus

_CURVES = (OperationalStatus.SELECTED, OperationalStatus.INITIATED, OperationalStatus.ACTIVATED)


class Portfolio(InSponsor, View):
    """All studies of the sponsor that this person has a part in."""

    page = "portfolio"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        status = ExternalClaim.objects.filter(topic="overall_status", scope__kind="STUDY").select_related("run")
        studies = (
            Study.objects.visible_to(request.user)
            .select_related("scope", "programme")
            .prefetch_related(Prefetch("externalclaim_set", status, to_attr="registry"))
            .order_by("protocol_no")
        )
        shown = (
            metrics.TOTAL,
            metrics.STARTING,
            metrics.ACTIVATED,
            metrics.ENROLLING,
            study_metrics.PLANNED_ENROLLMENT,
        )
        rows = [
            {
                "study": study,
                "url": reverse("study", args=[self.sponsor.code, study.slug]),
                "registry": study.registry[0] if study.registry else None,
                "readings": [metric.at(Place(self.sponsor, study), request.user) for metric in shown],
            }
            for study in studies
        ]
        context = {"rows": rows, "metrics": shown}
        return TemplateResponse(request, "reporting/portfolio.html", context)


class Overview(InStudy, View):
    """A study at a glance, or the study in one country."""

    page = "study"
    template_name = "reporting/study.html"

    @cached_property
    def today(self) -> Any:
        return clock.today()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sites = metrics.sites_within(self.place, request.user)
        reached = queries.reached_on(sites, _CURVES)
        context = {
            "study": self.study,
            "country": self.country,
            "readings": [metric.at(self.place, request.user) for metric in self.metrics()],
            "chart": activation_chart(reached, today=self.today),
            "has_curve": any(reached.values()),
            "waiting": queries.longest_waiting(sites, on=self.today, limit=6),
            "points": queries.points(sites),
            "recent": self._recent(),
            **self._study_context(),
        }
        return TemplateResponse(request, self.template_name, context)

    def metrics(self) -> tuple[Any, ...]:
        return (
            metrics.TOTAL, metrics.CANDIDATES, metrics.STARTING, metrics.ACTIVATED, metrics.ENROLLING,
            study_metrics.PLANNED_ENROLLMENT,
        )  # fmt: skip

    def _study_context(self) -> dict[str, Any]:
        claims = ExternalClaim.objects.filter(scope=self.study.scope).select_related("run")
        schedule = VisitSchedule.objects.filter(study=self.study).select_related("study").order_by("-number").first()
        return {
            "claims": {claim.topic: claim for claim in claims},
            "schedule": schedule,
            "visits": study_metrics.VISITS.at(self.place, self.request.user),
            "findings": ImportFinding.objects.filter(study=self.study)
            .select_related("run")
            .order_by("run", "position")[:6],
            "arms": list(self.study.arm_set.order_by("position")),
            "countries": country_rows(self.place, self.request.user),
        }

    def _recent(self) -> Any:
        if not protocols.authority().may(self.request.user, "audit.view_trail", self.study):
            return None
        return trail(Wanted(study=self.study.pk), limit=6)


class CountryOverview(Overview):
    """The study in one country."""

    page = "country"
    template_name = "reporting/country.html"

    def metrics(self) -> tuple[Any, ...]:
        return (metrics.TOTAL, metrics.CANDIDATES, metrics.STARTING, metrics.ACTIVATED, metrics.ENROLLING, metrics.OUT)

    def _study_context(self) -> dict[str, Any]:
        return {}

    def _recent(self) -> Any:
        return None


def country_rows(place: Place, user: Any) -> list[dict[str, Any]]:
    """The study's countries with their numbers of sites by stage."""
    counts = queries.counts_by_country(metrics.sites_within(Place(place.sponsor, place.study), user))
    rows = []
    for country in StudyCountry.objects.visible_to(user).filter(study=place.study):
        stages = counts.get(country.pk, {})
        rows.append({
            "country": country,
            "url": reverse("country", args=[place.sponsor.code, place.study.slug, country.country.lower()]),
            "total": sum(stages.values()),
            "stages": stages,
        })  # fmt: skip
    return sorted(rows, key=lambda row: (-row["total"], row["country"].name))
