"""What can be asked about sites: this room's public face to the rooms above."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Min, Q, QuerySet

from ctms.studies.models import Study
from sites.filters import STAGES
from sites.models import EnrollmentStatus, OperationalStatus, Site, SiteStatusEvent

STAGE_OF = {status: stage for stage, (_, statuses) in STAGES.items() for status in statuses}
_MAP_STATES = {"active": "active", "closing": "active", "out": "bad"}


@dataclass(frozen=True)
class Waiting:
    """A site on its way, and how long it has been where it is."""

    site: Site
    days: int


def longest_waiting(sites: QuerySet[Site], *, on: date, limit: int) -> list[Waiting]:
    """The sites on the way to activation that have been in their present status longest."""
    under_way = [*STAGES["candidate"][1], *STAGES["starting"][1]]
    waiting = sites.filter(operational_status__in=under_way).select_related("facility", "study")
    return [Waiting(site, (on - site.status_on).days) for site in waiting.order_by("status_on", "number")[:limit]]


def reached_on(sites: QuerySet[Site], statuses: Iterable[str]) -> dict[str, list[date]]:
    """For each status, the days on which sites came to it first, in order; corrected events do not count."""
    events = SiteStatusEvent.objects.filter(
        site__in=sites.order_by().values("id"),
        kind=SiteStatusEvent.Kind.OPERATIONAL,
        to_status__in=list(statuses),
        corrections=None,
    )
    days: dict[str, list[date]] = {status: [] for status in statuses}
    for row in events.order_by().values("site", "to_status").annotate(first=Min("effective_on")):
        days[row["to_status"]].append(row["first"])
    return {status: sorted(listed) for status, listed in days.items()}


@dataclass(frozen=True)
class Arrival:
    """A site came to a status for the first time: on which day, and by which event."""

    site_id: int
    status: str
    on: date
    event_id: int
    recorded_at: datetime


def first_arrivals(study: Study, statuses: Iterable[str]) -> list[Arrival]:
    """The first time each site of a study came to each of these statuses; corrected events do not count."""
    events = SiteStatusEvent.objects.filter(
        study=study, kind=SiteStatusEvent.Kind.OPERATIONAL, to_status__in=list(statuses), corrections=None,
        site__voided=False,
    )  # fmt: skip
    first = events.order_by("site", "to_status", "effective_on", "id").distinct("site", "to_status")
    return [Arrival(*row) for row in first.values_list("site", "to_status", "effective_on", "id", "recorded_at")]


def points(sites: QuerySet[Site]) -> list[dict[str, Any]]:
    """Where the sites are, for a map; latitude and longitude are None where nobody knows."""
    place = ("facility__city", "facility__latitude", "facility__longitude")
    return [
        {
            "country": country,
            "label": f"{number} {city}",
            "latitude": None if latitude is None else float(latitude),
            "longitude": None if longitude is None else float(longitude),
            "state": _MAP_STATES.get(STAGE_OF[status], "open"),
        }
        for number, country, status, city, latitude, longitude in sites.values_list(
            "number", "country__country", "operational_status", *place
        )
    ]


def open_stretches(sites: QuerySet[Site]) -> dict[int, list[tuple[date, date | None]]]:
    """For each site by key: the stretches in which it took subjects in, the last perhaps without an end."""
    events = SiteStatusEvent.objects.filter(
        site__in=sites.order_by().values("id"), kind=SiteStatusEvent.Kind.ENROLLMENT, corrections=None
    )
    found: dict[int, list[tuple[date, date | None]]] = {}
    for site, status, day in events.order_by("site", "id").values_list("site", "to_status", "effective_on"):
        stretches = found.setdefault(site, [])
        if stretches and stretches[-1][1] is None:
            stretches[-1] = (stretches[-1][0], max(day, stretches[-1][0]))
        if status == EnrollmentStatus.OPEN:
            stretches.append((day, None))
    return found


def selected_and_activated(sites: QuerySet[Site]) -> dict[int, tuple[date | None, date | None]]:
    """For each site by key: the days on which it was first selected, and first activated."""
    events = SiteStatusEvent.objects.filter(
        site__in=sites.order_by().values("id"), kind=SiteStatusEvent.Kind.OPERATIONAL, corrections=None
    )
    selected, activated = (
        Min("effective_on", filter=Q(to_status=status))
        for status in (OperationalStatus.SELECTED, OperationalStatus.ACTIVATED)
    )
    rows = events.order_by().values("site").annotate(selected=selected, activated=activated)
    return {row["site"]: (row["selected"], row["activated"]) for row in rows}
