"""What this floor puts on people's desks: access that ends soon. Named in `settings`."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from ctms.accounts import access
from ctms.accounts.models import Assignment, Delegation
from ctms.core.protocols import CalendarDay, WorkItem

SOON = timedelta(days=60)
_LEADING = ("accounts.edit_delegation", "sites.select_site")  # who delegates, and who leads what was delegated


def expiring_delegations(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Delegations to a CRO that end within two months, for administrators and leads; and roles of one's own."""
    until = at.date() + SOON
    url = reverse("organisations", args=[sponsor.code])
    for one in _delegations(user, at).filter(ends_on__lte=until):
        title = f"Delegation to {one.organisation} at {_place(one)} ends"
        yield WorkItem(title, "Its people then lose their roles there.", url, one.ends_on, "Access")
    for role in _own_roles(user, at).filter(ends_on__lte=until):
        title = f"Your role {role.get_role_display()} at {_place(role)} ends"
        yield WorkItem(title, "An administrator can grant it anew.", url, role.ends_on, "Access")


def ends(user: Any, sponsor: Any, at: datetime) -> Iterator[CalendarDay]:
    """The last days of delegations this person looks after, and of their own roles."""
    url = reverse("organisations", args=[sponsor.code])
    for one in _delegations(user, at):
        title = f"Delegation to {one.organisation} at {_place(one)} ends"
        yield CalendarDay(f"delegation-{one.pk}", one.ends_on, title, f"Agreement: {one.document}", url)
    for role in _own_roles(user, at):
        title = f"My role {role.get_role_display()} at {_place(role)} ends"
        yield CalendarDay(f"role-{role.pk}", role.ends_on, title, "", url)


def _delegations(user: Any, at: datetime) -> QuerySet[Any]:
    paths = access.held_at(user, *_LEADING)
    if not paths:
        return Delegation.objects.none()
    rows = Delegation.objects.visible_to(user).filter(access.within(paths, "scope__path"), ends_on__gte=at.date())
    return rows.select_related("organisation", "scope__parent").order_by("ends_on", "pk")


def _own_roles(user: Any, at: datetime) -> QuerySet[Any]:
    rows = Assignment.objects.filter(user=user, starts_on__lte=at.date(), ends_on__gte=at.date(), ended_at=None)
    return rows.select_related("scope__parent").order_by("ends_on", "pk")


def _place(held: Any) -> str:
    """A country or site with the study it belongs to; a study or sponsor alone."""
    scope = held.scope
    return f"{scope.parent}, {scope}" if scope.parent and scope.parent.parent_id else str(scope)
