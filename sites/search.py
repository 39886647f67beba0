"""What the palette finds in this room."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.http import urlencode

from ctms.core.clock import is_simulated
from ctms.core.protocols import Hit
from sites.models import Person, Site, SitePersonnel


def sites(words: str, *, sponsor: Any, user: Any, limit: int) -> Iterator[Hit]:
    """Sites by number, facility or city."""
    matching = Q(number__icontains=words) | Q(facility__name__icontains=words) | Q(facility__city__icontains=words)
    found = Site.objects.visible_to(user).filter(matching).select_related("study", "country", "facility")
    for site in found.order_by("number")[:limit]:
        url = reverse("site", args=[sponsor.code, site.study.slug, site.number])
        yield Hit(
            f"{site.number} {site.facility.city}".strip(),
            f"{site.study} · {site.facility.name or site.country.name}",
            url,
            "hospital",
        )


def people(words: str, *, sponsor: Any, user: Any, limit: int) -> Iterator[Hit]:
    """People at sites by name, and where they work; they lead to the list, filtered."""
    what = "person, simulated" if is_simulated() else "person"
    now = SitePersonnel.objects.visible_to(user).filter(ends_on=None).select_related("site__facility")
    found = Person.objects.visible_to(user).filter(name__icontains=words).order_by("name")
    for person in found.prefetch_related(Prefetch("engagements", now, to_attr="works_at"))[:limit]:
        places = dict.fromkeys(f"{one.site.number} {one.site.facility.city}".strip() for one in person.works_at)
        url = f"{reverse('people', args=[sponsor.code])}?{urlencode({'q': person.name})}"
        yield Hit(person.name, " · ".join((what, *places)), url, "user-round")
