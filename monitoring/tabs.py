"""The tab that monitoring adds to a site's page (`settings.SITE_TABS`)."""

from typing import Any

from django.urls import reverse

from ctms.core import protocols
from ctms.core.protocols import Tab
from sites.models import Site


def visits(site: Site, user: Any) -> Tab | None:
    if not protocols.authority().may(user, "monitoring.view_visit", site):
        return None
    url = reverse("site-visits", args=[site.sponsor.code, site.study.slug, site.number])
    return Tab("Visits", "site-visits", url)
