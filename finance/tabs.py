"""The tab of a site's page that this room fills."""

from typing import Any

from django.urls import reverse

from ctms.core import protocols
from ctms.core.protocols import Tab


def payments(site: Any, user: Any) -> Tab | None:
    if not protocols.authority().may(user, "finance.view_payment", site):
        return None
    url = reverse("site-payments", args=[site.sponsor.code, site.study.slug, site.number])
    return Tab("Payments", "site-payments", url)
