"""Notifications: telling a person that something happened."""

from datetime import datetime

from ctms.accounts.models import User
from ctms.core.acting import open_sponsor
from ctms.desk.models import Notification


def notify(*, user: User, text: str, url: str, kind: str, at: datetime) -> Notification:
    """Puts a line on a person's desk at the open sponsor, in the open transaction.

    Args:
        text: what happened, in one line.
        url: where to look, within the sponsor's pages; "" for nowhere.
        kind: what it is about, such as JOB.
    """
    return Notification.objects.create(
        sponsor_id=open_sponsor(), user=user, text=text, url=url, kind=kind, created_at=at
    )


def mark_read(*, notifications: object, at: datetime) -> None:
    """Marks those of this queryset as read that are not yet."""
    notifications.filter(read_at=None).update(read_at=at)  # type: ignore[attr-defined]
