"""What the palette finds above all rooms: pages."""

from collections.abc import Iterator
from typing import Any

from ctms.core.protocols import Hit
from ctms.reporting.shell import navigation
from ctms.studies.models import Study
from ctms.web.places import Place

_MOST_STUDIES = 5


def pages(words: str, *, sponsor: Any, user: Any, limit: int) -> Iterator[Hit]:
    """Pages by name, as the navigation has them for this person: those outside studies, then each study's."""
    wanted, seen = words.casefold(), set[str]()
    studies = Study.objects.visible_to(user).select_related("scope").order_by("protocol_no")[:_MOST_STUDIES]
    for place in [Place(sponsor), *(Place(sponsor, study) for study in studies)]:
        for group in navigation(user, place):
            for item in group["items"]:
                if wanted in item["label"].casefold() and item["url"] not in seen and len(seen) < limit:
                    seen.add(item["url"])
                    yield Hit(item["label"], f"page · {place.study or sponsor}", item["url"], item["icon"])
