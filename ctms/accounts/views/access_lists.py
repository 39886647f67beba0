"""Lists about access: roles held, now or on any day; members; delegations to CROs."""

from typing import Any

from django.db.models import DateField, QuerySet, Value
from django.urls import reverse

from ctms.accounts.columns import ASSIGNMENT_COLUMNS, DELEGATION_COLUMNS, MEMBER_COLUMNS
from ctms.accounts.filters import AssignmentFilter, DelegationFilter, MemberFilter
from ctms.accounts.held import shown
from ctms.accounts.models import Assignment, Delegation, Membership
from ctms.accounts.roles import Role
from ctms.core import clock, protocols
from ctms.web.lists import ListView, rank
from ctms.web.places import InSponsor, PageRequest


class OfAccess(InSponsor):
    """A page about who may do what at the sponsor: for those who look at that for all of it."""

    page = "access"

    def may_enter(self) -> bool:
        return self.may("accounts.view_access")

    def may(self, verb: str) -> bool:
        """Whether the person may do this everywhere at the sponsor."""
        return protocols.authority().may(self.request.user, verb, self.sponsor)

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, *more])

    def tabs(self) -> list[dict[str, Any]]:
        pages = (("access", "Roles held"), ("access-people", "People"), ("access-delegations", "Delegations"))
        return [{"label": label, "url": self.url(name), "current": name == self.tab} for name, label in pages]

    @property
    def tab(self) -> str:
        return "access"


class RolesHeld(ListView):
    """Roles that people hold; with a day, those they held on it. The rows are what a subclass says."""

    request: PageRequest
    noun = ("role held", "roles held")
    columns = ASSIGNMENT_COLUMNS
    filterset_class = AssignmentFilter
    default_sort = "person"

    def rows(self) -> QuerySet[Any]:
        return shown(Assignment.objects.visible_to(self.request.user), on=clock.today())

    def sort_keys(self) -> dict[str, Any]:
        return {"role_rank": rank("role", Role.values)}


class AccessList(OfAccess, RolesHeld):
    title = "Access"
    template_name = "accounts/access_list.html"
    file_name = "access"

    def row_url(self, row: Any) -> str:
        return self.url("access-role", row.id)

    def actions(self) -> list[dict[str, str]]:
        may = self.may("accounts.grant_role")
        return [{"label": "Grant a role…", "icon": "plus", "url": self.url("access-grant")}] if may else []

    def extra_context(self) -> dict[str, Any]:
        return {"tabs": self.tabs()}


class MemberList(OfAccess, ListView):
    title = "People with access"
    noun = ("person", "people")
    columns = MEMBER_COLUMNS
    filterset_class = MemberFilter
    default_sort = "person"
    template_name = "accounts/access_list.html"
    file_name = "access-people"
    tab = "access-people"

    def rows(self) -> QuerySet[Any]:
        members = Membership.objects.filter(sponsor=self.sponsor).select_related("user", "organisation")
        return members.annotate(on_day=Value(clock.today(), DateField()))

    def row_url(self, row: Membership) -> str:
        return self.url("access-person", row.user_id)

    def actions(self) -> list[dict[str, str]]:
        may = self.may("accounts.edit_user")
        return [{"label": "Add a person…", "icon": "plus", "url": self.url("access-add-person")}] if may else []

    def extra_context(self) -> dict[str, Any]:
        return {"tabs": self.tabs()}


class DelegationList(OfAccess, ListView):
    title = "Delegations to CROs"
    noun = ("delegation", "delegations")
    columns = DELEGATION_COLUMNS
    filterset_class = DelegationFilter
    default_sort = "organisation"
    template_name = "accounts/access_list.html"
    file_name = "delegations"
    tab = "access-delegations"

    def rows(self) -> QuerySet[Any]:
        rows = Delegation.objects.visible_to(self.request.user)
        related = rows.select_related("organisation", "scope__parent__parent__parent")
        return related.annotate(on_day=Value(clock.today(), DateField()))

    def row_url(self, row: Delegation) -> str:
        return self.url("access-delegation", row.pk)

    def actions(self) -> list[dict[str, str]]:
        may = self.may("accounts.edit_delegation")
        return [{"label": "Delegate…", "icon": "plus", "url": self.url("access-delegate")}] if may else []

    def extra_context(self) -> dict[str, Any]:
        return {"tabs": self.tabs()}

    def empty(self) -> dict[str, str]:
        return {
            "title": "Nothing is delegated",
            "text": "A CRO's people can hold roles here once the sponsor has handed those roles over.",
        }
