"""What can be asked of desks: what waits for a person, and what they should know."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ctms.core import protocols
from ctms.core.protocols import WorkItem
from ctms.desk.models import Job, Notification, SavedView

MOST_UNREAD = 99
_SOON = 14  # days


@dataclass(frozen=True)
class Waiting:
    """The work items of one kind."""

    kind: str
    items: list[WorkItem]


def waiting_for(user: Any, sponsor: Any, at: datetime) -> list[Waiting]:
    """All that the rooms say waits for this person: what has a day first, then kind by kind as the rooms come."""
    by_kind: dict[str, list[WorkItem]] = {}
    for provider in protocols.work_items():
        for item in provider(user, sponsor, at):
            by_kind.setdefault(item.kind, []).append(item)
    groups = [Waiting(kind, sorted(items, key=_when)) for kind, items in by_kind.items()]
    return sorted(groups, key=lambda group: _when(group.items[0]))


def _when(item: WorkItem) -> date:
    return item.due_on or date.max


def due_words(due_on: date | None, on: date) -> tuple[str, str]:
    """When something is due, in words, and the tone of that: bad when late, watch when soon."""
    if due_on is None:
        return "", ""
    days = (due_on - on).days
    if days < 0:
        return f"{due_on:%-d %b %Y}, {-days} d ago", "bad"
    words = "today" if days == 0 else f"{due_on:%-d %b %Y}, in {days} d"
    return words, "watch" if days <= _SOON else ""


def unread(user: Any) -> int:
    """How many notifications the person has not read; at most one more than MOST_UNREAD."""
    rows = Notification.objects.filter(user=user, read_at=None).order_by()
    return len(rows.values_list("pk", flat=True)[: MOST_UNREAD + 1])


def views_of(path: str, user: Any) -> list[SavedView]:
    """The saved views of the list at this address that the person sees."""
    return list(SavedView.objects.visible_to(user).filter(path=path).order_by("name", "pk"))


def running_jobs(user: Any) -> list[Job]:
    """The person's jobs that have not ended, newest first."""
    return list(Job.objects.filter(user=user, ended_at=None)[:20])
