"""What the palette and the selector ask: places and people by a few letters."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.template.response import TemplateResponse

from ctms.core import protocols
from ctms.web.places import InSponsor, PageRequest

_EACH = 6


class SearchForm(forms.Form):
    q = forms.CharField(label="Search", required=False, widget=forms.SearchInput(attrs={"autofocus": True}))


class Search(InSponsor):
    """A fragment for the palette (htmx), a page of its own without JavaScript."""

    page = "search"
    title = "Search"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        query = request.GET.get("q", "").strip()[:100]
        hits = [hit for search in protocols.searches() for hit in self._found(search, query)] if query else []
        context = {
            "query": query,
            "groups": [{"heading": "Found", "items": hits}] if hits else [],
            "form": SearchForm(request.GET),
        }
        is_fragment = bool(request.htmx)
        template = "components/palette_results.html" if is_fragment else "reporting/search.html"
        response = TemplateResponse(request, template, context)
        response["Vary"] = "HX-Request"
        return response

    def _found(self, search: protocols.Search, query: str) -> Iterable[protocols.Hit]:
        return search(query, sponsor=self.sponsor, user=self.request.user, limit=_EACH)
