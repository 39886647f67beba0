"""The tab of a site's page that this room fills."""

from typing import Any

from django.urls import reverse

from ctms.core.protocols import Tab
from sites.models import Site


def enrollment(site: Site, user: Any) -> Tab:
    arguments = [site.sponsor.code, site.study.slug, site.number]
    return Tab("Enrollment", "site-enrollment", reverse("site-enrollment", args=arguments))
