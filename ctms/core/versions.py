"""Which version of a record somebody saw: the number of its newest history row. Nothing else has to be kept for it.

A form carries it hidden, REST as an ETag. Whoever saves hands it back; if the record has moved on, the save is refused
with both versions, so that a page can show what was, what is now, and what was typed.
"""

from typing import Any

from django.db.models import Max

from ctms.core.refusals import Conflict


class Stale(Conflict):
    """The record changed since it was read. `since` is the history row that was read, `latest` the one of now."""

    def __init__(self, record: Any, since: Any, latest: Any) -> None:
        super().__init__(
            "CHANGED_MEANWHILE",
            f"{record} was changed by {latest.history_actor} since you opened it. Nothing of yours was saved yet.",
        )
        self.since = since
        self.latest = latest


def version_of(record: Any) -> int:
    """The number of the record's newest history row."""
    newest: int | None = _history(record).aggregate(newest=Max("history_id"))["newest"]
    return newest or 0


def refuse_stale(record: Any, version: int | None) -> None:
    """Refuses when the record, locked by the caller, is no longer at the version that was read.

    Args:
        version: what the person or program had read; None where they had nothing to read, as in a new record.

    Raises:
        Stale: somebody changed the record meanwhile.
    """
    if version is None:
        return
    latest = _history(record).order_by("-history_id").first()
    if latest is not None and latest.history_id != version:
        raise Stale(record, _history(record).filter(history_id=version).first(), latest)


def _history(record: Any) -> Any:
    return type(record).history.filter(**{record._meta.pk.name: record.pk})
