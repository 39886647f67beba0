"""My work: what waits for a person, what is being prepared for them, and the lists as they look at them."""

from datetime import date
from itertools import accumulate, islice
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from ctms.core import clock
from ctms.desk.lists import reachable
from ctms.desk.models import SavedView
from ctms.desk.queries import Waiting, drawn, prepared, waiting_for
from ctms.web.places import InSponsor, PageRequest

_MOST_TILES = 8
_SHOWN = 6  # of a kind; the others on demand


class MyWork(InSponsor):
    page = "work"
    title = "My work"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        at = clock.now()
        views = SavedView.objects.visible_to(request.user).select_related("user")
        groups = waiting_for(request.user, self.sponsor, at)
        first, second = ([_drawn(group, at.date()) for group in column] for column in _in_two(groups))
        context = {
            "first": first,
            "second": second,
            "views": list(islice(reachable(views, user=request.user, sponsor=self.sponsor), _MOST_TILES)),
            "prepared": list(prepared(request.user, at)[:_MOST_TILES]),
            "lists_url": reverse("portfolio", args=[self.sponsor.code]),
        }
        return TemplateResponse(request, "desk/work.html", context)


def _in_two(groups: list[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
    """Two columns of about the same length, in their order; below the second stand two small cards more."""
    ends = list(accumulate(min(len(group.items), _SHOWN) + 2 for group in groups))
    at = min(range(len(ends)), key=lambda n: abs(2 * ends[n] - ends[-1] - _SHOWN), default=0) + 1
    return groups[:at], groups[at:]


def _drawn(group: Waiting, today: date) -> dict[str, Any]:
    items = [drawn(item, today) for item in group.items]
    words = f"The {len(items)} most pressing of {group.of}" if group.of else ""
    return {"kind": group.kind, "items": items, "of": words, "whole": group.whole}
