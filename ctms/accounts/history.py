"""What happened with a person's account, for the person: events of the access log and changes of their record."""

from typing import Any

from ctms.accounts import access
from ctms.accounts.models import User
from ctms.core import protocols
from ctms.core.acting import in_sponsor
from ctms.core.protocols import Happening


def happenings(user: User, *, limit: int) -> list[Happening]:
    """The newest first. An event that every sponsor of the person was told is one event."""
    found = {*_changes(user, limit)}
    for membership in access.memberships(user):
        with in_sponsor(membership.sponsor_id):
            found |= {*protocols.journal().of(user, limit=limit)}
    by_second = {(one.at.replace(microsecond=0), one.what, one.text): one for one in found}
    return sorted(by_second.values(), key=lambda one: one.at, reverse=True)[:limit]


def _changes(user: User, limit: int) -> Any:
    """From the trail of the user's own row."""
    rows = list(User.history.filter(id=user.pk).order_by("-history_id")[: limit + 1])
    for row, before in zip(rows, [*rows[1:], None], strict=True):
        if row.history_type == "+":
            yield Happening(row.history_date, "Account made", "", row.history_actor, row.history_change_reason)
        elif before is not None:
            changes = row.diff_against(before).changes
            text = "; ".join(f"{_label(one.field)}: {one.old} → {one.new}" for one in changes)
            yield Happening(row.history_date, "Changed", text, row.history_actor, row.history_change_reason)


def _label(field: str) -> str:
    return str(getattr(User._meta.get_field(field), "verbose_name", field))
