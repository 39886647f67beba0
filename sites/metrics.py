"""The numbers this room declares. Each equals the count of the list it leads to."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from ctms.core.metrics import LIVE, Metric, Source
from ctms.web.places import Place
from sites.filters import STAGES
from sites.models import EnrollmentStatus, Site


def sites_within(place: Place, user: Any) -> QuerySet[Site]:
    """The sites of the sponsor, study or country that this person may see."""
    sites: QuerySet[Site] = Site.objects.visible_to(user)
    if place.country is not None:
        return sites.filter(country=place.country)
    if place.study is not None:
        return sites.filter(study=place.study)
    return sites


def _list(place: Place, **query: str) -> str:
    if place.study is None:
        return ""
    arguments = [place.sponsor.code, place.study.slug]
    address = (
        reverse("country-sites", args=[*arguments, place.country.country.lower()])
        if place.country
        else reverse("sites", args=arguments)
    )
    return f"{address}?{urlencode(query)}" if query else address


def _stage(stage: str, label: str, definition: str) -> Metric:
    def read(place: Place, user: Any) -> tuple[int, Source]:
        return sites_within(place, user).filter(operational_status__in=STAGES[stage][1]).count(), LIVE

    return Metric(f"sites.{stage}", label, definition, read, lambda place: _list(place, stage=stage))


TOTAL = Metric(
    "sites.total", "Sites", "All sites ever listed for the study, whatever their status.",
    lambda place, user: (sites_within(place, user).count(), LIVE), _list,
)  # fmt: skip
CANDIDATES = _stage(
    "candidate", "Candidates", "Sites on the way from identified to the end of the qualification visit."
)
STARTING = _stage("starting", "In start-up", "Sites selected but not activated yet, and not dropped.")
ACTIVATED = _stage(
    "active", "Activated", "Sites whose status is activated: open, on hold or closed to enrollment alike."
)
OUT = _stage(
    "out",
    "Not taking part",
    "Sites that declined, were not selected, are backup, dropped, terminated or not to be used.",
)
ENROLLING = Metric(
    "sites.enrolling", "Open for enrollment", "Sites whose enrollment status is open.",
    lambda place, user: (sites_within(place, user).filter(enrollment_status=EnrollmentStatus.OPEN).count(), LIVE),
    lambda place: _list(place, enrollment=EnrollmentStatus.OPEN),
)  # fmt: skip
