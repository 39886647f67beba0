"""Pages about access with a form: granting and ending a role, delegating to a CRO, opening and shutting an account."""

from typing import Any

from django.contrib import messages
from django.db.models import DateField, Q, QuerySet, Value
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from ctms.accounts import access
from ctms.accounts.access_forms import DelegationForm, EndForm, EndRoleForm, GrantForm, WhyForm
from ctms.accounts.columns import dated, member_standing, place_words, role_words, standing, tone
from ctms.accounts.held import shown
from ctms.accounts.models import (
    Assignment,
    Delegation,
    Membership,
    Organisation,
    OrganisationKind,
    Scope,
    ScopeKind,
    User,
)
from ctms.accounts.roles import NEUTRAL, UNBLINDED, VERBS, Role
from ctms.accounts.services import grants
from ctms.accounts.views.access_lists import OfAccess
from ctms.accounts.wording import verb_words
from ctms.core import clock
from ctms.core.acting import Channel, acting
from ctms.core.refusals import Refusal
from ctms.web.places import InSponsor, PageRequest, found, key_in
from ctms.web.refusable import RefusableForm


class AccessForm(OfAccess):
    """A page with facts and, for whoever may use it, one form; posting calls one service."""

    template_name = "accounts/access_form.html"
    verb: str
    submit: str
    done: str
    variant = "primary"

    def may_send(self) -> bool:
        return self.may(self.verb)

    def make_form(self, data: Any = None) -> RefusableForm:
        raise NotImplementedError

    def carry_out(self, said: dict[str, Any]) -> None:
        raise NotImplementedError

    def back(self) -> str:
        return self.url(self.tab)

    def context(self) -> dict[str, Any]:
        return {}

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.make_form() if self.may_send() else None)

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.may_send():
            raise Http404
        form = self.make_form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        said = form.cleaned_data
        try:
            with acting(request.user, reason=said.pop("reason"), channel=Channel.WEB, by_person=True):
                self.carry_out(said)
        except Refusal as refusal:
            form.refuse(refusal)
            return self.show(form, status=refusal.status)
        messages.success(request, self.done)
        return redirect(self.back())

    def show(self, form: RefusableForm | None, *, status: int = 200) -> HttpResponse:
        context = {
            "title": self.place_title, "submit": self.submit, "variant": self.variant, "back_url": self.back(),
            "tabs": self.tabs(), "form": form,
        }  # fmt: skip
        return TemplateResponse(self.request, self.template_name, context | self.context(), status=status)


class _AtAPlace(AccessForm):
    """A form that asks where: at the sponsor or a study, or, once a study is chosen, inside it."""

    def scopes(self) -> QuerySet[Scope]:
        scopes = Scope.objects.visible_to(self.request.user).select_related("parent__parent__parent").order_by("path")
        study = self._study()
        if study is not None:
            return scopes.filter(access.within({study.path}, "path")).order_by("kind", "label")
        return scopes.filter(kind__in=(ScopeKind.SPONSOR, ScopeKind.STUDY))

    def context(self) -> dict[str, Any]:
        studies = Scope.objects.visible_to(self.request.user).filter(kind=ScopeKind.STUDY).order_by("label")
        inside = self._study()
        return {"studies": [(f"?study={one.pk}", one.label, one == inside) for one in studies]}

    def _study(self) -> Scope | None:
        asked = key_in(self.request.GET.get("study", ""))
        studies = Scope.objects.visible_to(self.request.user).filter(kind=ScopeKind.STUDY)
        return studies.filter(pk=asked).first() if asked is not None else None


class Grant(_AtAPlace):
    title = "Grant a role"
    verb = "accounts.grant_role"
    submit = "Grant"
    done = "Granted."

    def may_enter(self) -> bool:
        return super().may_enter() and self.may_send()

    def make_form(self, data: Any = None) -> GrantForm:
        members = Q(memberships__sponsor=self.sponsor, memberships__is_open=True) & ~Q(pk=self.request.user.pk)
        people = User.objects.filter(members).order_by("full_name")
        initial = {"starts_on": clock.today(), "user": self.request.GET.get("person")}
        return GrantForm(data, people=people, scopes=self.scopes(), initial=initial)

    def carry_out(self, said: dict[str, Any]) -> None:
        grants.assign_role(by=self.request.user, **{**said, "role": Role(said["role"])})
        self.done = f"{said['user']} holds the role {Role(said['role']).label}."


class Delegate(_AtAPlace):
    title = "Delegate to a CRO"
    verb = "accounts.edit_delegation"
    submit = "Delegate"
    done = "Delegated."
    tab = "access-delegations"

    def may_enter(self) -> bool:
        return super().may_enter() and self.may_send()

    def make_form(self, data: Any = None) -> DelegationForm:
        organisations = Organisation.objects.filter(kind=OrganisationKind.CRO).order_by("name")
        initial = {"starts_on": clock.today()}
        return DelegationForm(data, organisations=organisations, scopes=self.scopes(), initial=initial)

    def carry_out(self, said: dict[str, Any]) -> None:
        grants.delegate(by=self.request.user, **{**said, "roles": [Role(role) for role in said["roles"]]})


class OneRole(AccessForm):
    """A role that somebody holds or held, and its end."""

    verb = "accounts.grant_role"
    submit = "End the role"
    variant = "danger"
    done = "The role ends as you said."

    @cached_property
    def row(self) -> Any:
        rows = Assignment.objects.visible_to(self.request.user).filter(pk=self.kwargs["role"])
        return found(shown(rows, on=clock.today()))

    @property
    def place_title(self) -> str:
        return f"{self.row.get_role_display()}, {self.row.user}"

    def may_send(self) -> bool:
        is_over = self.row.ended_at or (self.row.ends_on is not None and self.row.ends_on < clock.today())
        return self.may(self.verb) and self.row.user_id != self.request.user.pk and not is_over

    def make_form(self, data: Any = None) -> EndForm:
        return EndRoleForm(data, initial={"ends_on": clock.today()})

    def carry_out(self, said: dict[str, Any]) -> None:
        if said.pop("at_once"):
            grants.revoke_assignment(assignment=self.row, by=self.request.user, at=clock.now())
        else:
            grants.end_assignment(assignment=self.row, by=self.request.user, **said)

    def context(self) -> dict[str, Any]:
        row, words = self.row, standing(self.row)
        return {
            "chip": {"label": words, "tone": tone(words)},
            "facts": [
                {"label": "Person", "value": row.user.full_name, "url": self.url("access-person", row.user_id)},
                {"label": "Where", "value": place_words(row.scope)},
                {"label": "Employer", "value": row.employer},
                *_dates(row),
                {"label": "Granted by", "value": row.granted_by.full_name if row.granted_by else "Set-up"},
            ],
        }


class OneDelegation(AccessForm):
    """What a CRO was handed, and its end."""

    verb = "accounts.edit_delegation"
    submit = "End the delegation"
    variant = "danger"
    done = "The delegation ends as you said."
    tab = "access-delegations"

    @cached_property
    def row(self) -> Any:
        rows = Delegation.objects.visible_to(self.request.user).filter(pk=self.kwargs["delegation"])
        related = rows.select_related("organisation", "scope__parent__parent__parent")
        return found(related.annotate(on_day=Value(clock.today(), DateField())))

    @property
    def place_title(self) -> str:
        return f"Delegation to {self.row.organisation}"

    def may_send(self) -> bool:
        return self.may(self.verb) and dated(self.row) != "Ended"

    def make_form(self, data: Any = None) -> EndForm:
        return EndForm(data, initial={"ends_on": clock.today()})

    def carry_out(self, said: dict[str, Any]) -> None:
        grants.end_delegation(delegation=self.row, by=self.request.user, **said)

    def context(self) -> dict[str, Any]:
        row, words = self.row, dated(self.row)
        return {
            "chip": {"label": words, "tone": tone(words)},
            "facts": [
                {"label": "Where", "value": place_words(row.scope)},
                {"label": "Roles", "value": role_words(row.roles)},
                *_dates(row),
                {"label": "Agreement", "value": row.document},
            ],
        }


class OnePerson(AccessForm):
    """A member of the sponsor: what they hold, and whether their account is open."""

    http_method_names: Any = ("get", "head", "options")

    verb = "accounts.edit_user"
    tab = "access-people"

    @cached_property
    def row(self) -> Any:
        members = Membership.objects.filter(sponsor=self.sponsor, user=self.kwargs["member"])
        return found(members.select_related("user", "organisation").annotate(on_day=Value(clock.today(), DateField())))

    @property
    def place_title(self) -> str:
        return str(self.row.user)

    @property
    def submit(self) -> str:  # type: ignore[override]
        return "Deactivate" if self.row.is_open else "Reactivate"

    @property
    def variant(self) -> str:  # type: ignore[override]
        return "danger" if self.row.is_open else "primary"

    def may_send(self) -> bool:
        return self.may(self.verb) and self.row.user_id != self.request.user.pk

    def make_form(self, data: Any = None) -> WhyForm:
        return WhyForm(data)

    def back(self) -> str:
        return self.url("access-person", self.row.user_id)

    @property
    def done(self) -> str:  # type: ignore[override]
        return f"{self.row.user} cannot enter any more." if self.row.is_open else f"{self.row.user} is back."

    def context(self) -> dict[str, Any]:
        row, words = self.row, member_standing(self.row)
        held = shown(Assignment.objects.visible_to(self.request.user).filter(user=row.user), on=clock.today())
        return {
            "chip": {"label": words, "tone": tone(words)},
            "facts": [
                {"label": "User name", "value": row.user.username},
                {"label": "Employer", "value": row.organisation.name},
                *_dates(row),
            ],
            "action": self.url("access-deactivate" if row.is_open else "access-reactivate", row.user_id),
            "form_title": f"{self.submit} the account",
            "form_text": "From the next request on they do not enter here any more. Their roles stay as they are."
            if row.is_open else "They come back with the roles they still hold.",
            "held_columns": _HELD_COLUMNS,
            "held": [
                {"one": one, "place": place_words(one.scope), "url": self.url("access-role", one.pk),
                 "standing": standing(one), "tone": tone(standing(one))}
                for one in held.order_by("-starts_on", "pk")
            ],
            "grant_url": f"{self.url('access-grant')}?person={row.user_id}"
            if self.may_send() and self.may("accounts.grant_role") and row.is_open else "",
        }  # fmt: skip


class Deactivate(OnePerson):
    """The form of a person's page, sent."""

    http_method_names: Any = ("post", "options")
    opens = False

    def carry_out(self, said: dict[str, Any]) -> None:
        (grants.reactivate if self.opens else grants.deactivate)(user=self.row.user, by=self.request.user)


class Reactivate(Deactivate):
    opens = True


_HELD_COLUMNS = (
    {"label": "Role"}, {"label": "Where"}, {"label": "From", "kind": "date"}, {"label": "Until", "kind": "date"},
    {"label": "Status"},
)  # fmt: skip


class Roles(InSponsor):
    """Which role may do what; for everybody who works for the sponsor."""

    page = "roles"
    title = "Roles"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rows = [
            {"label": role.label, "side": _side(role), "does": _spoken(role, False), "sees": _spoken(role, True)}
            for role in Role
        ]
        columns = [{"label": "Role"}, {"label": "Blinding"}, {"label": "May"}]
        return TemplateResponse(request, "accounts/roles.html", {"rows": rows, "columns": columns})


def _dates(row: Any) -> list[dict[str, Any]]:
    until = f"{row.ends_on:%-d %b %Y}" if row.ends_on else "No end"
    return [{"label": "From", "value": f"{row.starts_on:%-d %b %Y}"}, {"label": "Until", "value": until}]


def _side(role: Role) -> str:
    return "unblinded" if role in UNBLINDED else "either" if role in NEUTRAL else "blinded"


def _spoken(role: Role, is_seen: bool) -> str:
    """What a role does, or what it sees."""
    verbs = sorted(VERBS[role], key=lambda verb: verb.partition(".")[2])
    return ", ".join(verb_words(verb) for verb in verbs if (".view_" in verb) is is_seen)
