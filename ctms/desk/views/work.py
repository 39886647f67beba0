"""My work: what waits for a person, what is being prepared for them, and the lists as they look at them."""

from itertools import islice
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from ctms.core import clock
from ctms.desk.lists import reachable
from ctms.desk.models import SavedView
from ctms.desk.queries import drawn, prepared, waiting_for
from ctms.web.places import InSponsor, PageRequest

_MOST_TILES = 8


class MyWork(InSponsor):
    page = "work"
    title = "My work"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        at = clock.now()
        views = SavedView.objects.visible_to(request.user).select_related("user")
        groups = waiting_for(request.user, self.sponsor, at)
        context = {
            "groups": [
                {"kind": group.kind, "items": [drawn(item, at.date()) for item in group.items]} for group in groups
            ],
            "views": list(islice(reachable(views, user=request.user, sponsor=self.sponsor), _MOST_TILES)),
            "prepared": list(prepared(request.user, at)[:_MOST_TILES]),
            "lists_url": reverse("portfolio", args=[self.sponsor.code]),
        }
        return TemplateResponse(request, "desk/work.html", context)
