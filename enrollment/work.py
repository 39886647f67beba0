"""What this room puts on people's desks: systems that disagree about a subject."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from ctms.accounts import access
from ctms.core.protocols import WorkItem
from enrollment.lifecycle import SETTLE
from enrollment.models import Discrepancy, DiscrepancyStatus

_MOST = 50
_KIND = "Systems disagree"


def discrepancies(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Discrepancies that nobody looks into yet, and those this person does; the oldest first."""
    paths = access.held_at(user, SETTLE)
    if not paths:
        return
    waiting = Q(status=DiscrepancyStatus.OPEN) | Q(status=DiscrepancyStatus.TAKEN, taken_by=user)
    found = Discrepancy.objects.visible_to(user).filter(access.within(paths, "site__scope__path"), waiting)
    for one in found.select_related("study", "site").order_by("found_at", "pk")[:_MOST]:
        url = reverse("discrepancy", args=[sponsor.code, one.study.slug, one.pk])
        days = (at - one.found_at).days
        age = "found today" if days < 1 else f"for {days} days"
        yield WorkItem(str(one), f"Site {one.site.number}, {age}", url, None, _KIND)
