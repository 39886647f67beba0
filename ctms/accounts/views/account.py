"""Your account: who you are here, what signs you in, where you are signed in, and what happened."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views import View

from ctms.accounts import access, second_step
from ctms.accounts.forms import PasswordForm, ProofForm, SwitchOnForm, TimeZoneForm
from ctms.accounts.history import happenings
from ctms.accounts.models import Session
from ctms.accounts.roles import Role
from ctms.accounts.services import passwords, people, second_steps, sessions
from ctms.accounts.views.signing_in import address_of, what_is_owed
from ctms.core import clock
from ctms.core.acting import Channel, acting, in_sponsor
from ctms.core.refusals import Refusal
from ctms.web.places import PageRequest, Place
from ctms.web.refusable import RefusableForm

_RECENT = 8
_ALL = 200


class AccountPage(View):
    """A page about the person who is signed in. Drawn inside the sponsor they were last at, where they have one."""

    title: ClassVar[str] = "Your account"
    template_name: ClassVar[str]
    request: PageRequest

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        joined = access.memberships(request.user)
        last = request.session.get("sponsor")
        membership = next((one for one in joined if one.sponsor.code == last), joined[0] if joined else None)
        if membership is None or request.session.get("owed"):
            return super().dispatch(request, *args, **kwargs)
        request.sponsor = membership.sponsor
        request.place = Place(membership.sponsor, page="account", title=self.title)
        with in_sponsor(membership.sponsor_id):
            response = super().dispatch(request, *args, **kwargs)
            return response.render() if isinstance(response, TemplateResponse) else response

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show()

    def show(self, *, status: int = 200, **context: Any) -> HttpResponse:
        shared = {"title": self.title, "owed": self.request.session.get("owed", "")}
        return TemplateResponse(self.request, self.template_name, shared | self.context() | context, status=status)

    def context(self) -> dict[str, Any]:
        return {}


class AccountForm(AccountPage):
    """A page with one form; posting calls one service."""

    template_name = "accounts/account_form.html"
    form_class: ClassVar[type[RefusableForm]]
    reason: ClassVar[str]
    submit: ClassVar[str] = "Save"
    variant: ClassVar[str] = "primary"
    done: ClassVar[str] = ""

    def make_form(self, data: Any = None) -> RefusableForm:
        return self.form_class(data)

    def carry_out(self, said: dict[str, Any]) -> HttpResponse | None:
        """Calls the service; an answer of its own, or None to go back to the account with `done`."""
        raise NotImplementedError

    def proof(self, said: dict[str, Any]) -> dict[str, Any]:
        """What each service that wants a proof is told besides what was typed."""
        return said | {"by": self.request.user, "at": clock.now(), "address": address_of(self.request)}

    def context(self) -> dict[str, Any]:
        return {"form": self.make_form(), "submit": self.submit, "variant": self.variant}

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.show(form=form, status=422)
        said = form.cleaned_data
        try:
            why = said.pop("reason", self.reason)
            with acting(request.user, reason=why, channel=Channel.WEB, by_person=True):
                answer = self.carry_out(said)
        except Refusal as refusal:
            form.refuse(refusal)
            return self.show(form=form, status=refusal.status)
        if answer is not None:
            return answer
        messages.success(request, self.done)
        return redirect("home" if self.is_settled() else "account")

    def is_settled(self) -> bool:
        """Whether this was what the person had to do first; then their way is free, or leads to the next thing."""
        if not self.request.session.get("owed"):
            return False
        self.request.user.refresh_from_db()
        self.request.session["owed"] = what_is_owed(self.request.user)
        return True


class Account(AccountPage):
    """Everything about the account, each part with the way to change it."""

    template_name = "accounts/account.html"

    def context(self) -> dict[str, Any]:
        user = self.request.user
        return {
            "person": [
                {"label": "Name", "value": user.full_name},
                {"label": "User name", "value": user.username},
                {"label": "E-mail", "value": user.email},
                {"label": "Time zone", "value": user.time_zone},
            ],
            "roles": list(self._roles()),
            "role_columns": ({"label": "Sponsor"}, {"label": "Role"}, {"label": "At"},
                             {"label": "Until", "kind": "date"}),
            "second_step": second_step.is_on(user),
            "codes_left": second_step.codes_left(user),
            "is_demanded": second_step.is_demanded(user),
            "sessions": list(self._sessions()),
            "session_columns": ({"label": "Browser"}, {"label": "Last seen", "kind": "date"}, {"label": ""}),
            "happenings": happenings(user, limit=_RECENT),
        }  # fmt: skip

    def _roles(self) -> Any:
        """Assignments in force, as they count: a CRO's delegation observed."""
        user = self.request.user
        for membership in access.memberships(user):
            with in_sponsor(membership.sponsor_id):
                held = {(grant.path, grant.role) for grant in access.grants_of(user)}
                for one in (
                    user.assignments.filter(ended_at=None).select_related("scope").order_by("scope__path", "role")
                ):
                    if (one.scope.path, one.role) in held:
                        yield {"sponsor": membership.sponsor.name, "role": Role(one.role).label,
                               "scope": one.scope.label, "until": one.ends_on}  # fmt: skip

    def _sessions(self) -> Any:
        """This browser's first, then by when they were last seen."""
        here = self.request.session.session_key
        still_good = Session.objects.filter(
            user=self.request.user,
            seen_at__gt=datetime.now(UTC) - settings.SESSION_IDLE_LIMIT,
            began_at__gt=datetime.now(UTC) - settings.SESSION_ABSOLUTE_LIMIT,
        )
        for one in sorted(still_good, key=lambda one: one.session_key != here):
            yield {"session": one, "is_this": one.session_key == here}


class History(AccountPage):
    """What happened with the account: sign-ins and failures, passwords, changes of the person."""

    title = "Account history"
    template_name = "accounts/account_history.html"

    def context(self) -> dict[str, Any]:
        return {"happenings": happenings(self.request.user, limit=_ALL)}


class TimeZone(AccountForm):
    title = "Time zone"
    form_class = TimeZoneForm
    reason = "Own time zone"
    done = "Time zone changed."

    def make_form(self, data: Any = None) -> RefusableForm:
        return TimeZoneForm(data, initial={"time_zone": self.request.user.time_zone})

    def carry_out(self, said: dict[str, Any]) -> None:
        people.set_time_zone(**said, by=self.request.user)


class Password(AccountForm):
    title = "Change password"
    form_class = PasswordForm
    reason = "Change of own password"
    submit = "Change password"
    done = "Password changed. All your other sessions have ended."

    def make_form(self, data: Any = None) -> RefusableForm:
        return PasswordForm(data, wants_code=second_step.is_on(self.request.user))

    def carry_out(self, said: dict[str, Any]) -> None:
        said.pop("again")
        key = self.request.session.session_key
        user = passwords.change_password(**self.proof(said), session_key=key)
        update_session_auth_hash(self.request, user)


class TwoStep(AccountForm):
    """Switching the second step on: a secret for the app, and a code from it as proof that it arrived."""

    title = "Switch on the second step"
    template_name = "accounts/two_step.html"
    form_class = SwitchOnForm
    reason = "Second step for own account"
    submit = "Switch on"

    def context(self) -> dict[str, Any]:
        if second_step.is_on(self.request.user):
            return {"is_on": True}
        secret = self._secret()
        spelled = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
        drawn = second_step.drawn(self.request.user, secret)
        return super().context() | {"secret": spelled, "drawn": drawn}

    def carry_out(self, said: dict[str, Any]) -> HttpResponse:
        codes = second_steps.switch_on(**self.proof(said), secret=self._secret())
        self.request.session.pop("app_secret")
        self.is_settled()
        return _shown_once(self, codes)

    def _secret(self) -> str:
        """The same until it is used, so that the page may be loaded twice."""
        session = self.request.session
        if "app_secret" not in session:
            session["app_secret"] = second_step.sealed(second_step.new_secret())
        return second_step.unsealed(session["app_secret"])


class OfTheSecondStep(AccountForm):
    """A page for whoever has the second step on; others are led to where it is switched on."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not second_step.is_on(request.user):
            messages.info(request, "The second step is off. Switch it on first.")
            return redirect("account-second-step")
        return super().get(request, *args, **kwargs)


class TwoStepOff(OfTheSecondStep):
    title = "Switch off the second step"
    form_class = ProofForm
    reason = "No second step for own account"
    submit = "Switch off"
    variant = "danger"
    done = "The second step is off. Your password alone signs you in."

    def carry_out(self, said: dict[str, Any]) -> None:
        second_steps.switch_off(**self.proof(said))


class RecoveryCodes(OfTheSecondStep):
    title = "New recovery codes"
    form_class = ProofForm
    reason = "New recovery codes for own account"
    submit = "Make new codes"

    def carry_out(self, said: dict[str, Any]) -> HttpResponse:
        return _shown_once(self, second_steps.renew_recovery_codes(**self.proof(said)))


class EndSession(AccountPage):
    """Ends one of the sessions on the account page."""

    http_method_names = ["post"]  # noqa: RUF012

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with acting(request.user, reason="Ending an own session", channel=Channel.WEB):
            sessions.end_session(public_id=request.POST.get("session", ""), by=request.user)
        messages.success(request, "Session ended.")
        return redirect(reverse("account") + "#sessions")


def _shown_once(page: AccountForm, codes: list[str]) -> HttpResponse:
    halves = [f"{code[:4]} {code[4:]}" for code in codes]
    return TemplateResponse(page.request, "accounts/recovery_codes.html", {"title": "Recovery codes", "codes": halves})
