"""A site's page: overview, status with its moves, and history."""

from typing import Any

from django.urls import reverse

from audit.queries import record_trail
from ctms.core import clock
from ctms.core.lifecycle import Lifecycle
from ctms.studies.models import ExternalClaim
from ctms.web.moves import MoveView
from sites.columns import registry_words
from sites.lifecycle import ENROLMENT, MAIN_PATH, SITE
from sites.models import OperationalStatus, Site, SiteStatusEvent
from sites.pages import InSite
from sites.services import statuses
from sites.views.tabs import SiteTabView


class Overview(SiteTabView):
    page = "site"
    template_name = "sites/site.html"

    def context(self) -> dict[str, Any]:
        claim = (
            ExternalClaim.objects.filter(scope=self.site.scope, topic="recruitment_status")
            .select_related("run")
            .first()
        )
        crew = self.site.personnel.filter(ends_on=None).select_related("person").order_by("role", "person__name")
        return {
            "path": _path(self.site),
            "claim": claim if claim and claim.value else None,
            "claim_words": registry_words(claim.value) if claim else "",
            "crew": list(crew),
            "offers": self.offers(SITE) + self.offers(ENROLMENT),
            "days_in_status": (self.site.today(clock.now()) - self.site.status_on).days,
        }


class Status(SiteTabView):
    page = "site-status"
    title = "Status"
    template_name = "sites/status.html"

    def context(self) -> dict[str, Any]:
        events = list(self.site.status_events.select_related("recorded_by", "corrects").order_by("-id"))
        corrected = {event.corrects_id for event in events}
        operational = next((event for event in events if event.kind == SiteStatusEvent.Kind.OPERATIONAL), None)
        return {
            "path": _path(self.site),
            "offers": self.offers(SITE),
            "enrolment_offers": self.offers(ENROLMENT),
            "events": [{"event": event, "is_corrected": event.pk in corrected} for event in events],
            "latest": operational,
            "may_correct": operational is not None and self.may("sites.correct_site"),
        }


class Move(InSite, MoveView):
    """A move of the site's lifecycle or of its enrolment."""

    page = "site-status"

    @property
    def place_title(self) -> str:
        return self.lifecycle.move(self.kwargs["move"]).label if self._is_known() else ""  # type: ignore[union-attr]

    @property
    def lifecycle(self) -> Lifecycle:  # type: ignore[override]
        return ENROLMENT if ENROLMENT.move(self.kwargs["move"]) else SITE

    @property
    def record(self) -> Site:
        return self.site

    @property
    def back_url(self) -> str:
        return reverse("site-status", args=[self.sponsor.code, self.study.slug, self.site.number])

    def today(self) -> Any:
        return self.site.today(clock.now())

    def make(self, **arguments: Any) -> Any:
        service = statuses.move_enrolment if self.lifecycle is ENROLMENT else statuses.move_site
        return service(site=self.site, **arguments)

    def _is_known(self) -> bool:
        return self.lifecycle.move(self.kwargs["move"]) is not None


class History(SiteTabView):
    """Everything the trail holds of the site and of what belongs to it."""

    page = "site-history"
    title = "History"
    template_name = "sites/history.html"

    def context(self) -> dict[str, Any]:
        return {
            "may_view": self.may("audit.view_trail"),
            "trail": record_trail(self.site, before=self.request.GET.get("before", "")),
        }


def _path(site: Site) -> list[dict[str, str]]:
    """The main path of the lifecycle: what is done, where the site stands, what is ahead."""
    here = site.operational_status
    place = MAIN_PATH.index(here) if here in MAIN_PATH else -1
    states = {-1: "done", 0: "current", 1: "next"}
    steps = [
        {"label": str(OperationalStatus(status).label), "state": states[(position > place) - (position < place)]}
        for position, status in enumerate(MAIN_PATH)
    ]
    if place < 0:
        steps.append({"label": str(OperationalStatus(here).label), "state": "ended"})
    return steps
