"""Sign in, sign out, and the way to a sponsor."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ctms.accounts import access
from ctms.accounts.forms import SignInForm
from ctms.accounts.services import proving
from ctms.core import clock
from ctms.core.acting import Channel, Service, acting
from ctms.core.refusals import Refusal

SIGN_IN_PAGE = Service("Sign-in page")


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password. A failure tells neither which was wrong nor whether the name exists."""
    if request.user.is_authenticated:
        return redirect("home")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with acting(SIGN_IN_PAGE, reason="Signing in", channel=Channel.WEB):
                user, _ = proving.prove_name(**form.cleaned_data, at=clock.now(), address=_address(request))
            return _enter(request, user)
        except Refusal as refusal:
            form.refuse(refusal)
    ended = request.session.pop("ended", "")
    return TemplateResponse(request, "accounts/sign_in.html", {"form": form, "ended": ended})


def _enter(request: HttpRequest, user: Any) -> HttpResponse:
    login(request, user)
    request.session["began"] = request.session["seen"] = time.time()
    access.record("SIGNED_IN", user, **{"from": _address(request)})
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    if is_ours and wanted.startswith("/"):
        return HttpResponseRedirect(wanted)  # an address: `redirect` would also take a view's name
    return redirect("home")


def _address(request: HttpRequest) -> str:
    """Where the request comes from. Behind a proxy, which production has, only what the proxy itself added counts."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.PRODUCTION else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    access.record("SIGNED_OUT", request.user)
    logout(request)
    return redirect("sign-in")


def home(request: HttpRequest) -> HttpResponse:
    """To the one sponsor a person works for, or to the choice between several."""
    memberships = access.memberships(request.user)
    if len(memberships) == 1:
        return redirect(reverse("portfolio", args=[memberships[0].sponsor.code]))
    return TemplateResponse(request, "accounts/choose_sponsor.html", {"memberships": memberships})
