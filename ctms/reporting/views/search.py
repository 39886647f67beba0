"""What the palette and the selector ask: places and people by a few letters."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views import View

from ctms.core import protocols
from ctms.web.places import InSponsor

_EACH = 6


class Search(InSponsor, View):
    """A fragment for the palette (htmx), a page of its own without JavaScript."""

    page = "search"
    title = "Search"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        words = request.GET.get("q", "").strip()[:100]
        hits = []
        if words:
            for search in protocols.searches():
                hits += search(words, sponsor=self.sponsor, user=request.user, limit=_EACH)
        is_fragment = bool(request.htmx)  # type: ignore[attr-defined]
        template = "reporting/search.html#hits" if is_fragment else "reporting/search.html"
        response = TemplateResponse(request, template, {"words": words, "hits": hits})
        response["Vary"] = "HX-Request"
        return response
