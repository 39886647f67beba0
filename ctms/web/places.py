"""Where in the scope tree a page stands: sponsor, and within it perhaps a study, a country, a site."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views import View

from ctms.core.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Place:
    """What the address names. The shell draws selector, navigation and crumbs from it; metrics count within it."""

    sponsor: Any
    study: Any = None
    country: Any = None
    site: Any = None
    countries: Sequence[Any] = ()  # of the study, those this person may see, by name; read when first looked at
    page: str = ""  # the name of the page's address
    title: str = ""  # the last crumb, where the page is not the place's own
    above: Sequence[tuple[str, str]] = ()  # crumbs right before the last, where that lies deeper: label, address
    studies: Sequence[Any] = ()  # those this person may see, by number, where the page has read them


class PageRequest(HttpRequest):
    """What the middleware makes of a request: a person signed in, inside a sponsor, at a place. For annotations."""

    user: Any  # an accounts.User, which this floor does not know
    sponsor: Any
    membership: Any
    place: Place
    htmx: Any


class InSponsor(View):
    """A page of the sponsor that the address names: /in/<sponsor>/..."""

    page: ClassVar[str] = ""
    title: ClassVar[str] = ""
    request: PageRequest
    kwargs: dict[str, Any]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        request.place = self.place
        if not self.may_enter():
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Somebody opened a form's target, perhaps after signing in again: words instead of a blank page."""
        refusal = Refusal(
            "NO_SUCH_METHOD", "This address only takes what a form sends. Go back to the page of the form."
        )
        allowed = {"Allow": ", ".join(name.upper() for name in self.http_method_names if hasattr(self, name))}
        return TemplateResponse(request, "web/refused.html", {"refusal": refusal}, status=405, headers=allowed)

    def may_enter(self) -> bool:
        """Whether this person may see the page at all, beyond seeing its place."""
        return True

    @property
    def place(self) -> Place:
        return Place(self.sponsor, page=self.page, title=self.place_title)

    @property
    def place_title(self) -> str:
        """The page's own crumb."""
        return self.title

    @property
    def sponsor(self) -> Any:
        return self.request.sponsor


def found(rows: Any) -> Any:
    """The one row, or a 404 that does not tell whether it exists for others."""
    row = rows.first()
    if row is None:
        raise Http404
    return row


def key_in(text: str) -> int | None:
    """The key of a row that an address or a form names; None where this cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
