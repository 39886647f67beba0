"""The page of one's own API tokens: make one, see them, revoke them."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from ctms.accounts import second_step
from ctms.accounts.forms import TokenForm
from ctms.accounts.models import ApiToken
from ctms.accounts.services.proving import prove
from ctms.accounts.services.tokens import issue_token, revoke_token
from ctms.core import clock
from ctms.core.acting import Channel, acting
from ctms.core.refusals import Refusal
from ctms.web.places import InSponsor, PageRequest, found

_COLUMNS = tuple(
    {"label": label, "kind": kind}
    for label, kind in (("What uses it", ""), ("May", ""), ("Ends in", ""), ("Made", "date"), ("Expires", "date"),
                        ("", ""))
)  # fmt: skip


class _Own(InSponsor):
    page = "tokens"
    title = "API tokens"

    def tokens(self) -> QuerySet[ApiToken]:
        """One's own at this sponsor, those that ended included."""
        return ApiToken.objects.filter(user=self.request.user).order_by("-created_at", "-pk")


class Tokens(_Own):
    """All of them, and the form for a new one. A new key is shown in the answer to the form, and never again."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._shown(self._form())

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._shown(form, status=422)
        said, at = form.cleaned_data, clock.now()
        try:
            prove(
                user=request.user, password=said["password"], code=said.get("code", ""), where="new API token", at=at
            )  # fmt: skip
            with acting(request.user, reason=f"API token for {said['name']}", channel=Channel.WEB):
                _, key = issue_token(
                    user=request.user, sponsor=self.sponsor, name=said["name"], scope=said["scope"],
                    days=said["days"], by=request.user, at=at,
                )  # fmt: skip
        except Refusal as refusal:
            form.refuse(refusal)
            return self._shown(form, status=refusal.status)
        return self._shown(self._form(), key=key)

    def _form(self, data: Any = None) -> TokenForm:
        return TokenForm(data, two_steps=second_step.is_on(self.request.user))

    def _shown(self, form: TokenForm, *, key: str = "", status: int = 200) -> HttpResponse:
        at = clock.now()
        context = {
            "form": form,
            "key": key,
            "columns": _COLUMNS,
            "tokens": [
                {"token": token, "state": _state(token, at), "url": self._revoke_url(token, at)}
                for token in self.tokens()
            ],
            "guide_url": reverse("api-guide"),
            "address": self.request.build_absolute_uri("/api/v1/"),
        }
        response = TemplateResponse(self.request, "accounts/tokens.html", context, status=status)
        response["Cache-Control"] = "no-store"
        return response

    def _revoke_url(self, token: ApiToken, at: Any) -> str:
        return "" if _state(token, at) else reverse("token-revoke", args=[self.sponsor.code, token.pk])


class Revoke(_Own):
    http_method_names = ("post",)

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        token: ApiToken = found(self.tokens().filter(pk=self.kwargs["pk"]))
        with acting(request.user, reason=f"API token for {token.name} revoked", channel=Channel.WEB):
            revoke_token(token=token, by=request.user, at=clock.now())
        messages.success(request, f"“{token.name}” is revoked: nothing can use it any more.")
        return redirect("tokens", self.sponsor.code)


def _state(token: ApiToken, at: Any) -> str:
    """Why it does not count any more; "" while it does."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at <= at else ""
