"""The tabs of a site's page that this room fills; `settings.SITE_TABS` names them, and those of the rooms above."""

from typing import Any

from django.urls import reverse

from ctms.core import protocols
from ctms.core.protocols import Tab
from sites.models import Site


def _tab(site: Site, label: str, name: str) -> Tab:
    return Tab(label, name, reverse(name, args=[site.sponsor.code, site.study.slug, site.number]))


def overview(site: Site, user: Any) -> Tab:
    return _tab(site, "Overview", "site")


def status(site: Site, user: Any) -> Tab:
    return _tab(site, "Status", "site-status")


def evidence(site: Site, user: Any) -> Tab:
    return _tab(site, "Evidence", "site-evidence")


def startup(site: Site, user: Any) -> Tab:
    return _tab(site, "Start-up", "site-startup")


def people(site: Site, user: Any) -> Tab:
    return _tab(site, "People", "site-people")


def history(site: Site, user: Any) -> Tab | None:
    return _tab(site, "History", "site-history") if protocols.authority().may(user, "audit.view_trail", site) else None
