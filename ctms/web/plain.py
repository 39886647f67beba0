"""Text that the database cannot hold is turned away at the door."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Handler = Callable[[HttpRequest], HttpResponseBase]


class PlainText:
    """All text is UTF-8, whatever a request says of itself: with another claim Django's own error page would fail.

    PostgreSQL's text has no NUL; forms refuse it by themselves, addresses and cookies are looked at here.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.encoding = "utf-8"
        asked = (text for _, texts in request.GET.lists() for text in texts)
        texts = (request.path_info, *request.COOKIES.values(), *asked)
        if any("\0" in text for text in texts):
            raise BadRequest("The address holds a character that no text has.")
        return self.get_response(request)
