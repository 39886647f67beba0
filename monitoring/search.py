"""What the palette finds in this room."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from ctms.core.protocols import Hit
from ctms.core.wording import number_in
from monitoring.models import Deviation, FollowUpItem


def deviations(words: str, *, sponsor: Any, user: Any, limit: int) -> Iterator[Hit]:
    """Deviations by number."""
    return _issues(Deviation, "deviation", "DV", "triangle-alert", words, sponsor, user, limit)


def follow_ups(words: str, *, sponsor: Any, user: Any, limit: int) -> Iterator[Hit]:
    """Follow-up items by number."""
    return _issues(FollowUpItem, "follow-up", "FU", "list-checks", words, sponsor, user, limit)


def _issues(
    model: Any, page: str, prefix: str, icon: str, words: str, sponsor: Any, user: Any, limit: int
) -> Iterator[Hit]:
    number = number_in(words, prefix)
    if number is None:
        return
    found = model.objects.visible_to(user).filter(number=number).select_related("study", "site")
    for one in found.order_by("study", "pk")[:limit]:
        url = reverse(page, args=[sponsor.code, one.study.slug, one.site.number, one.number])
        what = model._meta.verbose_name
        yield Hit(str(one), f"{what}, {one.get_status_display().lower()} · {one.study} · {one.site.number}", url, icon)
