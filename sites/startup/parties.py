"""Who has an item, and who could: one of us, or somebody we wait for."""

from typing import Any

from django.db.models import OuterRef, Subquery

from ctms.accounts import access
from ctms.accounts.models import Assignment, User
from sites.models import ItemHolding, Party, StartUpItem

OURS = (Party.SPONSOR, Party.CRO, Party.VENDOR)


def holder_of(field: str = "party") -> Subquery:
    """Of whoever has the item now: the party, or another field of the interval; None where nobody does."""
    return Subquery(ItemHolding.objects.filter(item=OuterRef("pk"), until=None).values(field)[:1])


def people_near(item: StartUpItem) -> Any:
    """Everybody with a role today at the item's place, above or below it; by name."""
    place = item.scope.path
    held = Assignment.objects.filter(access.in_force()).values_list("user_id", "scope__path")
    near = {user for user, path in held if path.startswith(place) or place.startswith(path)}
    return User.objects.filter(pk__in=near, is_active=True).order_by("full_name")
