"""What the palette and the selector ask: places and people by a few letters."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.template.response import TemplateResponse

from ctms.core import protocols
from ctms.web.places import InSponsor, PageRequest

_EACH_IN_PALETTE, _EACH_ON_PAGE = 6, 30


class SearchForm(forms.Form):
    q = forms.CharField(label="Search", required=False, widget=forms.SearchInput(attrs={"autofocus": True}))


class Search(InSponsor):
    """A fragment for the palette (htmx), a page of its own without JavaScript."""

    page = "search"
    title = "Search"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        query = request.GET.get("q", "").strip()[:100]
        is_fragment = bool(request.htmx)
        limit = _EACH_IN_PALETTE if is_fragment else _EACH_ON_PAGE
        found = [list(self._found(search, query, limit + 1)) for search in protocols.searches()] if query else []
        hits = [hit for hits in found for hit in hits[:limit]]
        context = {
            "query": query,
            "groups": [{"heading": "Found", "items": hits}] if hits else [],
            "is_cut": any(len(hits) > limit for hits in found),
            "form": SearchForm(request.GET),
        }
        template = "components/palette_results.html" if is_fragment else "reporting/search.html"
        response = TemplateResponse(request, template, context)
        response["Vary"] = "HX-Request"
        return response

    def _found(self, search: protocols.Search, query: str, limit: int) -> Iterable[protocols.Hit]:
        return search(query, sponsor=self.sponsor, user=self.request.user, limit=limit)
