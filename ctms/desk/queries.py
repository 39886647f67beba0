"""What can be asked of desks: what waits for a person, and what they should know."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from ctms.core import protocols
from ctms.core.protocols import WorkItem
from ctms.core.wording import counted
from ctms.core.workdays import workdays_between
from ctms.desk.models import Job, Notification, SavedView

MOST_UNREAD = 99
_SOON = 10  # working days


@dataclass(frozen=True)
class Waiting:
    """The work items of one kind."""

    kind: str
    items: list[WorkItem]

    @property
    def of(self) -> int:
        """How many there are in all, where more are than are here; else 0."""
        many = max(item.of for item in self.items)
        return many if many > len(self.items) else 0

    @property
    def whole(self) -> list[tuple[str, str]]:
        """The lists with the others, in words and addresses; none where all are here."""
        return list(dict.fromkeys(item.whole for item in self.items if item.whole)) if self.of else []


def waiting_for(user: Any, sponsor: Any, at: datetime) -> list[Waiting]:
    """All that the rooms say waits for this person: what wants a signature, then what has a day, then the rest."""
    by_kind: dict[str, list[WorkItem]] = {}
    for provider in protocols.work_items():
        for item in provider(user, sponsor, at):
            by_kind.setdefault(item.kind, []).append(item)
    groups = [Waiting(kind, sorted(items, key=_when)) for kind, items in by_kind.items()]
    return sorted(groups, key=lambda group: (not any(item.signs for item in group.items), _when(group.items[0])))


def to_approve(user: Any, sponsor: Any, at: datetime) -> list[WorkItem]:
    """What waits for this person's decision or signature, what has a day first."""
    return sorted((item for provider in protocols.approvals() for item in provider(user, sponsor, at)), key=_when)


def drawn(item: WorkItem, today: date) -> dict[str, str]:
    """The item as the attention component draws it."""
    due, tone = due_words(item.due_on, today)
    mark = tone or ("sign" if item.signs else "info")
    return {"tone": mark, "text": item.title, "url": item.url, "due": due, "due_tone": tone, "meta": item.sub}


def _when(item: WorkItem) -> date:
    return item.due_on or date.max


def due_words(due_on: date | None, on: date) -> tuple[str, str]:
    """When something is due, in working days, and the tone of that: bad when late, watch when soon.

    Of which country it is the list does not know: only weekends are left out.
    """
    if due_on is None:
        return "", ""
    days = workdays_between(on, due_on, "")
    if due_on < on:
        return f"late by {_working(-days)}", "bad"
    words = "today" if due_on == on else f"{due_on:%-d %b %Y}, in {_working(days)}"
    return words, "watch" if days <= _SOON else ""


def _working(days: int) -> str:
    return counted(days, "working day")


def unread(user: Any) -> int:
    """How many notifications the person has not read; at most one more than MOST_UNREAD."""
    rows = Notification.objects.filter(user=user, read_at=None).order_by()
    return len(rows.values_list("pk", flat=True)[: MOST_UNREAD + 1])


def views_of(path: str, user: Any) -> list[SavedView]:
    """The saved views of the list at this address that the person sees."""
    return list(SavedView.objects.visible_to(user).filter(path=path).order_by("name", "pk"))


def prepared(user: Any, at: datetime) -> QuerySet[Job]:
    """The person's jobs that have not ended, and those whose file can still be fetched; newest first."""
    return Job.objects.filter(Q(ended_at=None) | Q(status="DONE", expires_at__gt=at), user=user)
