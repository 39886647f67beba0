"""What the world reads of the CTMS, over its published interface: sites, since when they are open, the schedule."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.utils.dateparse import parse_duration

Get = Callable[[str], Any]  # path below /api/v1/ -> what it answers, as Python has it

_OPENED = frozenset({"ACTIVATED", "CLOSE_OUT", "CLOSED", "ARCHIVED", "TERMINATED"})


@dataclass(frozen=True, slots=True)
class PublishedSite:
    """A site; `open_on` are the stretches in which it may take subjects in, the last perhaps without an end."""

    number: str
    country: str
    status: str
    activated_on: date | None
    open_on: tuple[tuple[date, date | None], ...]


@dataclass(frozen=True, slots=True)
class PublishedVisit:
    """A visit of the schedule; days count from day 0."""

    code: str
    label: str
    day: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Published:
    study: str
    now: datetime
    sites: tuple[PublishedSite, ...]
    visits: tuple[PublishedVisit, ...]


def read(get: Get, study: str, *, before: Published | None = None) -> Published:
    """Reads all of it; of what was read before, only the sites that changed since."""
    now = datetime.fromisoformat(get("me/")["now"].replace("Z", "+00:00"))
    known = {site.number: site for site in before.sites} if before else {}
    since = f"&changed_since={quote(before.now.isoformat())}" if before else ""
    path = f"studies/{quote(study)}/sites/?limit=500{since}"
    while path:
        page = get(path)
        known |= {row["number"]: _site(get, study, row) for row in page["results"]}
        path = page["next"].partition("/api/v1/")[2] if page["next"] else ""
    return Published(study, now, tuple(known[number] for number in sorted(known)), _visits(get, study))


def _site(get: Get, study: str, row: dict[str, Any]) -> PublishedSite:
    stretches: list[tuple[date, date | None]] = []
    activated = None
    if row["status"] in _OPENED:
        events = get(f"studies/{quote(study)}/sites/{quote(row['number'])}/events/?limit=500&sort=recorded_at")
        for event in events["results"]:
            # An EDC hears of a change when it is recorded, not on the day it is dated back to.
            day = max(date.fromisoformat(event["effective_on"]), date.fromisoformat(event["recorded_at"][:10]))
            if event["to_status"] == "ACTIVATED" and activated is None:
                activated = day
            if event["kind"] == "ENROLLMENT" and event["to_status"] == "OPEN":
                stretches.append((day, None))
            elif event["kind"] == "ENROLLMENT" and stretches and stretches[-1][1] is None:
                stretches[-1] = (stretches[-1][0], day)
    return PublishedSite(row["number"], row["country"], row["status"], activated, tuple(stretches))


def _visits(get: Get, study: str) -> tuple[PublishedVisit, ...]:
    versions = get(f"studies/{quote(study)}/schedules/")["results"]
    if not versions:
        return ()
    # An EDC is built by the approved version, or by the one that is going to be.
    version = next((one for one in versions if one["status"] == "APPROVED"), versions[0])
    schedule = get(f"studies/{quote(study)}/schedules/{version['number']}/")
    first: dict[int, dict[str, Any]] = {}
    for contact in schedule["contacts"]:
        if contact["visit"] is not None and contact["day"] is not None:
            first.setdefault(contact["visit"], contact)
    return tuple(
        PublishedVisit(
            visit["code"],
            visit["label"],
            *(_days(first[visit["id"]][name]) for name in ("day", "window_before", "window_after")),
        )
        for visit in schedule["visits"]
        if visit["id"] in first
    )


def _days(text: str | None) -> int:
    length = parse_duration(text) if text else timedelta()
    return length.days if length else 0
