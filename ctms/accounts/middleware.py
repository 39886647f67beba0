"""What stands between a signed-in person and the pages: session limits, and the sponsor whose rows are shown."""

import time
from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import logout
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from ctms.accounts import access, second_step

Handler = Callable[[HttpRequest], HttpResponseBase]
_NOTE_EVERY = 60  # seconds; a request within them does not write the session


class SessionLimits:
    """Ends a session that was idle too long or is too old. By the server's own clock, whatever the demo's says."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            now = time.time()
            began, seen = request.session.get("began", 0), request.session.get("seen", 0)
            idle, age = now - seen, now - began
            limit = settings.SESSION_IDLE_LIMIT.total_seconds(), settings.SESSION_ABSOLUTE_LIMIT.total_seconds()
            if idle > limit[0] or age > limit[1]:
                access.record("SESSION_ENDED", request.user)
                logout(request)
                request.session["ended"] = "idle" if idle > limit[0] else "old"
            elif idle > _NOTE_EVERY:
                request.session["seen"] = now
        return self.get_response(request)


class NotKept:
    """No browser or proxy keeps a page: after signing out, "back" shows nothing."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store, private"
        return response


class Owed:
    """Lets a person do nothing else before what they have to do first, such as choosing a password of their own."""

    PAGES: ClassVar[dict[str, str]] = {"password": "account-password", "second step": "account-second-step"}

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if owed := request.session.get("owed"):
            page = reverse(self.PAGES[owed])
            if request.path_info not in (page, reverse("sign-out")):
                return redirect(page)
        return self.get_response(request)


class ActiveSponsor:
    """Opens the sponsor that the address names, `/in/<code>/...`, to its current members; for others it is a 404."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.sponsor = None  # type: ignore[attr-defined]
        _, area, code, *_ = (*request.path_info.split("/", 3), "", "")
        if area != "in" or not request.user.is_authenticated:
            return self.get_response(request)
        membership = access.current_membership(request.user, code)
        if membership is None:
            raise Http404
        if request.session.get("sponsor") != code:
            request.session["sponsor"] = code  # where the account pages, which belong to none, lead back to
        request.sponsor = membership.sponsor  # type: ignore[attr-defined]
        request.membership = membership  # type: ignore[attr-defined]
        with access.seeing_as(request.user, membership.sponsor_id):
            if second_step.is_owed_here(request.user):
                request.session["owed"] = "second step"
                return redirect(Owed.PAGES["second step"])
            return self.get_response(request)


class TrainingGate:
    """Roles that wait for training answer with the way to it: at once where no other role counts, else on a refusal."""

    OPEN: ClassVar[frozenset[str]] = frozenset({"training", "training-read"})

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponseBase | None:
        if getattr(request, "sponsor", None) is None or request.resolver_match.url_name in self.OPEN:
            return None
        return None if access.grants_of(request.user) else self._page(request)

    def process_exception(self, request: Any, exception: Exception) -> HttpResponseBase | None:
        shut = isinstance(exception, Http404) or getattr(exception, "code", "") == "TRAINING_NEEDED"
        return self._page(request) if shut and getattr(request, "sponsor", None) is not None else None

    def _page(self, request: Any) -> HttpResponseBase | None:
        refusal = access.training_needed(request.user)
        if refusal is None:
            return None
        context = {"refusal": refusal, "training_url": reverse("training", args=[request.sponsor.code])}
        return TemplateResponse(request, "accounts/untrained.html", context, status=refusal.status).render()
