"""What sites put on people's desks: those that wait longest, and what changed since they last looked."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Value
from django.urls import reverse

from ctms.accounts import access
from ctms.core.protocols import DigestPart, WorkItem
from sites.models import MigrationBatch, Site, SiteStatusEvent, StartUpConfiguration
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


def drafts_to_approve(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Drafts of start-up configurations and go-live migrations that somebody else made."""
    kinds: dict[str, tuple[Any, str]] = {
        "startup-configuration": (StartUpConfiguration, "sites.approve_startup"),
        "migration": (MigrationBatch, "sites.sign_migration"),
    }
    parts = [
        model.objects.visible_to(user)
        .filter(access.within(paths, "study__scope__path"), status="DRAFT")
        .exclude(made_by=user)
        .order_by()
        .annotate(page=Value(page))
        .values_list("study__slug", "study__protocol_no", "page", "number", "made_by__full_name")
        for page, (model, verb) in kinds.items()
        if (paths := access.held_at(user, verb))
    ]
    for slug, study, page, number, maker in parts[0].union(*parts[1:], all=True) if parts else ():
        name = f"{kinds[page][0]._meta.verbose_name.capitalize()} {number} of {study}"
        url = reverse(page, args=[sponsor.code, slug, number])
        yield WorkItem(name, f"Draft of {maker}, to be signed", url, None, "Approvals", signs=True)


def status_changes(user: Any, sponsor: Any, since: datetime, at: datetime) -> Iterator[DigestPart]:
    """Sites' changes of status recorded since then, newest first, study by study."""
    events = SiteStatusEvent.objects.visible_to(user).filter(recorded_at__gt=since, recorded_at__lte=at)
    lines: dict[str, list[str]] = {}
    for event in events.select_related("study", "site__facility").order_by("-pk")[:_MOST_CHANGES]:
        change = f"{event.site.number} {event.site.facility.place}: {event.to_words}, on {event.effective_on:%-d %b %Y}"
        lines.setdefault(str(event.study), []).append(change)
    for study, listed in lines.items():
        yield DigestPart(f"Changes of status in {study}", listed)
