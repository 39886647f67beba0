"""What start-up puts on people's desks: items they have, waivers to grant, and what is late where they work."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse

from ctms.accounts import access
from ctms.core.protocols import WorkItem
from sites.models import ItemHolding, ItemWaiver, StartUpItem, WaiverStatus
from sites.startup.checklist import asked_now, open_items, overdue

_MOST_LATE = 8
_RELATED = ("study", "site__facility", "country", "engagement__person")


def own_items(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Items this person has, soonest first."""
    own = open_items(asked_now(StartUpItem.objects.visible_to(user))).filter(
        holdings__person=user, holdings__until=None
    )
    for item in own.select_related(*_RELATED).order_by("expected_on", "id"):
        yield WorkItem(item.name, item.whose, _address(item, sponsor), item.expected_on, "Start-up items you have")


def late_items(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """The latest items where this person works on start-up, whoever has them."""
    paths = access.held_at(user, "sites.edit_startup")
    if not paths:
        return
    items = asked_now(StartUpItem.objects.visible_to(user)).filter(access.within(paths, "scope__path"))
    late = items.filter(overdue(at.date())).exclude(holdings__in=_held_by(user)).select_related(*_RELATED)
    for item in late.order_by("expected_on", "id")[:_MOST_LATE]:
        yield WorkItem(item.name, item.whose, _address(item, sponsor), item.expected_on, "Late in start-up")


def waivers(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Waivers that others ask for, for who may grant them."""
    paths = access.held_at(user, "sites.grant_waiver")
    if not paths:
        return
    asked = ItemWaiver.objects.visible_to(user).filter(
        access.within(paths, "item__scope__path"), status=WaiverStatus.ASKED
    )
    related = (f"item__{name}" for name in _RELATED)
    for waiver in asked.exclude(made_by=user).select_related("made_by", *related).order_by("id"):
        url = _address(waiver.item, sponsor)
        yield WorkItem(str(waiver), f"Asked for by {waiver.made_by}", url, None, "Approvals", signs=True)


def _held_by(user: Any) -> Any:
    """The intervals in which this person has an item now."""
    return ItemHolding.objects.filter(person=user, until=None)


def _address(item: StartUpItem, sponsor: Any) -> str:
    return reverse("startup-item", args=[sponsor.code, item.study.slug, item.pk])
