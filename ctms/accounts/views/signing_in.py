"""Sign in, in one step or two, sign out, and the way to a sponsor."""

import secrets
import time
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST

from ctms.accounts import access, second_step
from ctms.accounts.forms import CodeForm, SignInForm
from ctms.accounts.models import User
from ctms.accounts.services import proving
from ctms.core import clock
from ctms.core.acting import Channel, Service, acting
from ctms.core.refusals import Refusal

SIGN_IN_PAGE = Service("Sign-in page")
_CODE_WITHIN = 300  # seconds between the password and the code


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password. A failure tells neither which was wrong nor whether the name exists."""
    if request.user.is_authenticated:
        return redirect("home")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with acting(SIGN_IN_PAGE, reason="Signing in", channel=Channel.WEB):
                user, wants_code = proving.prove_name(**form.cleaned_data, at=clock.now(), address=address_of(request))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _to_the_code(request, user) if wants_code else _enter(request, user)
    ended = request.session.pop("ended", "")
    return TemplateResponse(request, "accounts/sign_in.html", {"form": form, "ended": ended})


@login_not_required
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """The second step, for five minutes after the first."""
    user = _half_way(request)
    if user is None:
        return redirect("sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with acting(SIGN_IN_PAGE, reason="Signing in", channel=Channel.WEB):
                proving.prove_code(user=user, **form.cleaned_data, at=clock.now(), address=address_of(request))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _enter(request, user)
    return TemplateResponse(request, "accounts/sign_in_code.html", {"form": form})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    access.record("SIGNED_OUT", request.user)
    logout(request)
    return redirect("sign-in")


def home(request: HttpRequest) -> HttpResponse:
    """To the one sponsor a person works for, or to the choice between several."""
    memberships = access.memberships(request.user)
    if len(memberships) == 1:
        return redirect(reverse("sponsor-home", args=[memberships[0].sponsor.code]))
    return TemplateResponse(request, "accounts/choose_sponsor.html", {"memberships": memberships})


def address_of(request: HttpRequest) -> str:
    """Where the request comes from. Behind a proxy, which production has, only what the proxy itself added counts."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.PRODUCTION else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def _to_the_code(request: HttpRequest, user: User) -> HttpResponse:
    """Remembers, in a session under a new key, whose password was right; they are not signed in."""
    request.session.cycle_key()
    request.session["half_way"] = {"user": user.pk, "at": time.time(), "password": user.get_session_auth_hash()}
    wanted = _wanted(request)
    return redirect(f"{reverse('sign-in-code')}?{urlencode({'next': wanted})}" if wanted else "sign-in-code")


def _half_way(request: HttpRequest) -> User | None:
    """Whose password was right a moment ago, unless it was changed since."""
    kept: dict[str, Any] = request.session.get("half_way", {})
    if not kept or time.time() - kept["at"] > _CODE_WITHIN:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not secrets.compare_digest(user.get_session_auth_hash(), kept["password"]):
        return None
    return user


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    request.session.flush()  # nothing of who was here before stays
    login(request, user)
    request.session["began"] = request.session["seen"] = time.time()
    request.session["address"] = address_of(request)
    request.session["agent"] = request.headers.get("User-Agent", "")[:300]
    if owed := what_is_owed(user):
        request.session["owed"] = owed
    access.record("SIGNED_IN", user, **{"from": address_of(request)})
    return HttpResponseRedirect(_wanted(request) or reverse("home"))


def what_is_owed(user: User) -> str:
    """What this person has to do before anything else: "password", "second step" or nothing."""
    if user.password_is_temporary:
        return "password"
    return "second step" if second_step.is_demanded(user) and not second_step.is_on(user) else ""


def _wanted(request: HttpRequest) -> str:
    """Where the person was going: an address of ours, or nothing."""
    wanted = str(request.POST.get("next") or request.GET.get("next") or "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours and wanted.startswith("/") else ""
