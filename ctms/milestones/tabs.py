"""The tab of a site's page that this room fills."""

from typing import Any

from django.urls import reverse

from ctms.core import protocols
from ctms.core.protocols import Tab


def milestones(site: Any, user: Any) -> Tab | None:
    if not protocols.authority().may(user, "milestones.view_milestone", site):
        return None
    url = reverse("site-milestones", args=[site.sponsor.code, site.study.slug, site.number])
    return Tab("Milestones", "site-milestones", url)
