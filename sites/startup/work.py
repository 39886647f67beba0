"""What start-up puts on people's desks: items they have, waivers to grant, and what is late where they work."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Value, Window
from django.urls import reverse

from ctms.accounts import access
from ctms.core.protocols import WorkItem
from sites.models import ItemHolding, ItemWaiver, StartUpItem, WaiverStatus
from sites.startup.checklist import asked_now, open_items, overdue

_MOST_OWN, _MOST_LATE = 100, 8
_RELATED = ("study", "site__facility", "country", "engagement__person")


def items(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Items this person has, soonest first; then the latest where they work on start-up, whoever has them."""
    asked = asked_now(StartUpItem.objects.visible_to(user)).select_related(*_RELATED)
    own = open_items(asked).filter(holdings__person=user, holdings__until=None)
    shown = own.annotate(is_own=Value(value=True), of=Value(0)).order_by("expected_on", "id")
    paths = access.held_at(user, "sites.edit_startup")
    if paths:
        late = asked.filter(access.within(paths, "scope__path"), overdue(at.date()))
        late = late.exclude(holdings__in=_held_by(user)).annotate(is_own=Value(value=False), of=Window(Count("pk")))
        shown = shown[:_MOST_OWN].union(late.order_by("expected_on", "id")[:_MOST_LATE], all=True)
    for item in shown:
        kind = "Start-up items you have" if item.is_own else "Late in start-up"
        whole = reverse("startup-items", args=[sponsor.code, item.study.slug]) + "?state=late"
        yield WorkItem(
            item.name, item.whose, _address(item, sponsor), item.expected_on, kind, of=item.of,
            whole=None if item.is_own else (f"All late of {item.study}", whole),
        )  # fmt: skip


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
