"""Waiving a soft item: grounds, a signature that asks, and another person's that grants."""

from datetime import datetime

from ctms.accounts.models import User
from ctms.core.editing import refuse_without
from ctms.core.lifecycle import Request
from ctms.core.protocols import Proof
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from sites.models import ItemStatus, ItemWaiver, StartUpItem, WaiverStatus
from sites.services.startup import end_holdings, locked_item, reopened
from sites.startup.configuration import template_of
from sites.startup.lifecycle import CANNOT_BE_WAIVED, WAIVER
from sites.startup.passing import pass_on, sites_sharing


@use_case
def draft_waiver(*, item: StartUpItem, grounds: str, by: User, at: datetime) -> ItemWaiver:
    """Writes down why an item is not needed. It counts once asked for and granted, by two signatures."""
    item = locked_item(item)
    refuse_without(by, "sites.ask_waiver", item, "asking for a waiver")
    if item.is_hard:
        raise Refusal("HARD", f"{item}: {CANNOT_BE_WAIVED}", recorded=True)
    if item.is_settled:
        raise Refusal("SETTLED", "The item is settled already.")
    if not grounds.strip():
        raise BadInput("GROUNDS", "Say why.", fields={"grounds": "Say why the item is not needed."})
    waiver = ItemWaiver(
        sponsor_id=item.sponsor_id, study_id=item.study_id, item=item, grounds=grounds.strip(), made_at=at, made_by=by
    )
    waiver.full_clean()
    waiver.save(force_insert=True)
    return waiver


@use_case
def move_waiver(
    *, waiver: ItemWaiver, move: str, by: User, at: datetime, reason: str = "", proof: Proof | None = None
) -> ItemWaiver:
    """Asks for, grants, refuses or withdraws a waiver. Granted, it settles the item; withdrawn then, it reopens it."""
    item = locked_item(waiver.item)
    waiver = ItemWaiver.objects.select_related("item__scope").locked(waiver.pk)
    waiver.item = item
    was_granted = waiver.status == WaiverStatus.GRANTED
    WAIVER.advance(waiver, move, Request(by, reason=reason, proof=proof))
    waiver.save(update_fields=["status"])
    if waiver.status == WaiverStatus.GRANTED:
        item.status, item.actual_on, item.settled_by = ItemStatus.WAIVED, at.date(), by
        item.reference = f"Waiver {waiver.pk}"
        item.save(update_fields=["status", "actual_on", "settled_by", "reference"])
        end_holdings([item])
        pass_on([item.site] if item.site else sites_sharing(item))
    elif was_granted:
        reopened(item, template_of(item.configuration).by_code[item.code].holder, at.date())
    return waiver
