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


_ON_THEIR_WAY = (*STAGES["candidate"][1], *STAGES["starting"][1])


def longest_waiting(sites: QuerySet[Site], *, on: date, limit: int) -> list[Waiting]:
    """The sites on the way to activation that have been in their present status longest."""
    waiting = sites.filter(operational_status__in=_ON_THEIR_WAY).select_related("facility", "study")
    return [Waiting(site, (on - site.status_on).days) for site in waiting.order_by("status_on", "number")[:limit]]


def longest_waiting_of(sites: Iterable[Site], *, on: date, limit: int) -> list[Waiting]:
    """The same, of sites that were read already."""
    waiting = [site for site in sites if site.operational_status in _ON_THEIR_WAY]
    ordered = sorted(waiting, key=lambda site: (site.status_on, site.number))
    return [Waiting(site, (on - site.status_on).days) for site in ordered[:limit]]


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
    """A site came to a status for the first time: on which day, and when that was recorded."""

    site_id: int
    number: str
    status: str
    on: date
    recorded_at: datetime


def first_arrivals(study: Study, statuses: Iterable[str]) -> list[Arrival]:
    """The first time each site of a study came to each of these statuses; corrected events do not count."""
    events = SiteStatusEvent.objects.filter(
        study=study, kind=SiteStatusEvent.Kind.OPERATIONAL, to_status__in=list(statuses), corrections=None,
        site__voided=False,
    )  # fmt: skip
    first = events.order_by("site", "to_status", "effective_on", "id").distinct("site", "to_status")
    told = first.values_list("site", "site__number", "to_status", "effective_on", "recorded_at")
    return [Arrival(*row) for row in told]


def points(sites: Iterable[Site]) -> list[dict[str, Any]]:
    """Where the sites are, for a map; latitude and longitude are None where nobody knows. With country and facility."""
    return [
        {
            "country": site.country.country,
            "label": f"{site.number} {site.facility.city}",
            "latitude": None if site.facility.latitude is None else float(site.facility.latitude),
            "longitude": None if site.facility.longitude is None else float(site.facility.longitude),
            "state": _MAP_STATES.get(STAGE_OF[site.operational_status], "open"),
        }
        for site in sites
    ]


Stretches = dict[int, list[tuple[date, date | None]]]
Ways = dict[int, tuple[date | None, date | None]]


def lives_of(sites: QuerySet[Site]) -> tuple[Stretches, Ways]:
    """For each site by key: the stretches in which it took subjects in, the last perhaps without an end; and the days
    on which it was first selected, and first activated. One statement.
    """
    way = (OperationalStatus.SELECTED, OperationalStatus.ACTIVATED)
    wanted = Q(kind=SiteStatusEvent.Kind.ENROLLMENT) | Q(kind=SiteStatusEvent.Kind.OPERATIONAL, to_status__in=way)
    events = SiteStatusEvent.objects.filter(wanted, site__in=sites.order_by().values("id"), corrections=None)
    stretches: Stretches = {}
    days: dict[int, dict[str, date]] = {}
    rows = events.order_by("site", "id").values_list("site", "kind", "to_status", "effective_on")
    for site, kind, status, day in rows:
        if kind == SiteStatusEvent.Kind.OPERATIONAL:
            here = days.setdefault(site, {})
            here[status] = min(day, here.get(status, day))
        else:
            _turn(stretches.setdefault(site, []), status, day)
    ways = {site: (here.get(way[0]), here.get(way[1])) for site, here in days.items()}
    return stretches, ways


def _turn(stretches: list[tuple[date, date | None]], status: str, day: date) -> None:
    """The site's enrollment opened, or whatever else ends a stretch in which it was open."""
    if stretches and stretches[-1][1] is None:
        stretches[-1] = (stretches[-1][0], max(day, stretches[-1][0]))
    if status == EnrollmentStatus.OPEN:
        stretches.append((day, None))
