"""What sites put on people's desks: those that wait longest, and what changed since they last looked."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse

from ctms.accounts import access
from ctms.core.protocols import DigestPart, WorkItem
from sites.models import Site, SiteStatusEvent
from sites.queries import longest_waiting

_MOST_WAITING, _MOST_CHANGES = 8, 40
_LONG = 30  # days in one status before anybody is reminded


def longest_waiting_sites(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Sites on their way that stand still longest, for who can move them on."""
    paths = access.held_at(user, "sites.qualify_site", "sites.start_site")
    if not paths:
        return
    sites = Site.objects.visible_to(user).filter(access.within(paths, "scope__path"))
    for waiting in longest_waiting(sites, on=at.date(), limit=_MOST_WAITING):
        if waiting.days >= _LONG:
            site = waiting.site
            url = reverse("site", args=[sponsor.code, site.study.slug, site.number])
            sub = f"{site.get_operational_status_display()} for {waiting.days} days"
            yield WorkItem(f"{site.number} {site.facility.place}", sub, url, None, "Sites that wait longest")


def status_changes(user: Any, sponsor: Any, since: datetime, at: datetime) -> Iterator[DigestPart]:
    """Sites' changes of status recorded since then, newest first, study by study."""
    events = SiteStatusEvent.objects.visible_to(user).filter(recorded_at__gt=since, recorded_at__lte=at)
    lines: dict[str, list[str]] = {}
    for event in events.select_related("study", "site__facility").order_by("-pk")[:_MOST_CHANGES]:
        change = f"{event.site.number} {event.site.facility.place}: {event.to_words}, on {event.effective_on:%-d %b %Y}"
        lines.setdefault(str(event.study), []).append(change)
    for study, listed in lines.items():
        yield DigestPart(f"Changes of status in {study}", listed)
