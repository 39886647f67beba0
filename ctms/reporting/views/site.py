"""A site at a glance: what every room knows of it, what needs attention, and what may happen next."""

from typing import Any

from django.db.models import Max, Min, Q
from django.urls import reverse

from ctms.core import clock, documents
from ctms.core.clock import is_simulated
from ctms.core.metrics import read_here
from ctms.reporting.attention import alarms_of
from ctms.studies.models import ExternalClaim
from ctms.studies.services.load_study import REGISTRY
from ctms.web.templatetags.ctms import day, spoken
from enrollment import metrics as subjects
from finance import metrics as money
from monitoring import metrics as monitoring
from monitoring.filters import STAGES
from monitoring.models import MonitoringVisit
from sites import metrics as sites
from sites.filters import STAGES as SITE_STAGES
from sites.lifecycle import ENROLLMENT, SITE
from sites.startup.lifecycle import only_looked_at
from sites.views.site import life_of
from sites.views.tabs import SiteTabView

_BEFORE = (*SITE_STAGES["candidate"][1], *SITE_STAGES["starting"][1])  # then start-up says more than enrollment does
_STARTUP = (sites.OPEN_ITEMS, sites.LATE_ITEMS, sites.ITEMS_WITH_US)
_SUBJECTS = (subjects.CONSENTED, subjects.SCREEN_FAILED, subjects.ENROLLED, subjects.TREATED)
_VISITS = (monitoring.OPEN_FOLLOW_UPS, monitoring.REPORTS_WRITING)
_ONLY_IF_ANY = (subjects.TREATED, monitoring.REPORTS_WRITING)  # none of these is the rule, and says nothing
_AMOUNTS = (money.AMOUNT_PAID, money.AMOUNT_RUN, money.AMOUNT_NEXT, money.AMOUNT_HELD)
_ALARMS = (
    monitoring.REPORTS_LATE, monitoring.VISITS_LATE, monitoring.SERIOUS_DEVIATIONS, subjects.DISCREPANCIES,
    monitoring.LATE_FOLLOW_UPS, sites.LATE_ITEMS,
)  # fmt: skip


class SiteOverview(SiteTabView):
    page = "site"
    template_name = "reporting/site.html"

    def context(self) -> dict[str, Any]:
        with clock.one_moment():
            return self._context()

    def _context(self) -> dict[str, Any]:
        site = self.site
        only_looked_at(site)
        crew = site.personnel.filter(ends_on=None).select_related("person").order_by("role", "person__name")
        sees_visits, sees_money = self.may("monitoring.view_visit"), self.may("finance.view_payment")
        shown = (*(_STARTUP if site.operational_status in _BEFORE else _SUBJECTS), *(_VISITS if sees_visits else ()))
        alarms = [one for one in _ALARMS if sees_visits or not one.name.startswith("monitoring.")]
        amounts = _AMOUNTS if sees_money else ()
        readings = {one.metric: one for one in read_here([*shown, *alarms, *amounts], self.place, self.request.user)}
        return {
            "readings": [readings[one] for one in shown if readings[one].value or one not in _ONLY_IF_ANY],
            "attention": alarms_of({one.name: readings[one] for one in alarms}),
            "amounts": [readings[metric] for metric in amounts],
            "visits": self._visits() if sees_visits else [],
            "visits_url": self.url("site-visits"),
            "payments_url": self.url("site-payments"),
            "path": life_of(site),
            "facts": self._facts(),
            "facility_source": f"Place and name as registered at {REGISTRY}" if site.registry_key else "Entered here",
            "crew": list(crew),
            "edit_url": self.url("site-edit") if self.may("sites.edit_site") else "",
            "people_url": self.url("site-people") if self.may("sites.edit_personnel") else "",
            "dossier_url": self.url("site-dossier"),
            "pdf_impossible": documents.why_impossible(),
            "offers": self.offers(SITE) + [item for item in self.offers(ENROLLMENT) if item["offer"].is_open],
        }

    def _visits(self) -> list[dict[str, Any]]:
        """When the last monitoring visit was, and when the next is planned."""
        rows = MonitoringVisit.objects.visible_to(self.request.user).filter(site=self.site)
        days = rows.aggregate(
            last=Max("ends_on", filter=~Q(status__in=STAGES["gone"][1])),
            next=Min("planned_on", filter=Q(status__in=STAGES["ahead"][1])),
        )
        return [
            {"label": "Last visit", "value": day(days["last"]) if days["last"] else "None yet"},
            {"label": "Next visit", "value": day(days["next"]) if days["next"] else "None planned"},
        ]

    def _facts(self) -> list[dict[str, Any]]:
        """What the head of the page does not say."""
        site, facility = self.site, self.site.facility
        days = (site.today(clock.now()) - site.status_on).days
        since = f"{day(site.status_on)} ({days}\N{NO-BREAK SPACE}d)"
        coordinates = f"{facility.latitude}, {facility.longitude}" if facility.latitude is not None else ""
        return [
            {"label": "In this status since", "value": since, "simulated": is_simulated()},
            {
                "label": "Facility",
                "value": str(facility),
                "url": reverse("facility", args=[self.sponsor.code, facility.pk]) if facility.name else "",
            },
            {"label": "Place", "value": facility.place},
            {"label": "Postal code", "value": facility.postal_code},
            {"label": "Coordinates", "value": coordinates},
            {"label": "Time zone", "value": facility.time_zone},
            {"label": f"Recruitment, says {REGISTRY}", "value": self._claim() or "Not stated"},
        ]

    def _claim(self) -> str:
        """What the registry says of the site's recruitment, and as of when. Most say so only while a study recruits."""
        claims = ExternalClaim.objects.visible_to(self.request.user).filter(
            scope=self.site.scope, topic="recruitment_status"
        )
        claim = claims.exclude(value="").select_related("run").first()
        return f"{spoken(claim.value)}, {day(claim.run.source_as_of)}" if claim else ""
