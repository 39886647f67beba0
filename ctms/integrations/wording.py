"""How connections and their feeds are put into words on pages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat

from ctms.core.wording import counted, day_written_out
from ctms.integrations.formats import resources_of
from ctms.integrations.models import Connection, ConnectionStatus, FeedCursor, FeedItem, RunStatus
from ctms.integrations.ports import COLUMNS, What

WORDS: dict[str, str] = {
    What.SITE: "Site is known there", What.SUBJECT: "Subject is known there", What.STATUS: "Status",
    What.DAY: "Day of a milestone", What.VISIT: "Visit took place", What.FORM: "Data entered",
    What.VERIFIED: "Data verified", What.QUERY: "Query", What.CORRECTION: "Correction", What.DOCUMENT: "Document",
}  # fmt: skip
CONNECTION_TONES = {"DRAFT": "info", "LIVE": "ok", "PAUSED": "mute", "QUARANTINED": "bad"}
RUN_TONES = {RunStatus.RUNNING: "info", RunStatus.DONE: "ok", RunStatus.FAILED: "bad", RunStatus.QUARANTINED: "bad"}
MAPPING_TONES = {"DRAFT": "info", "APPROVED": "ok", "SUPERSEDED": "mute"}
ITEM_TONES = {"PENDING": "watch", "REFUSED": "bad", "DEAD": "bad", "APPLIED": "ok", "SUPERSEDED": "mute"}


def faults(connection: Connection, at: datetime, *, in_detail: bool) -> Iterator[dict[str, str]]:
    """What stands between a connection and its data, in sentences: {tone, text}.

    Args:
        in_detail: what a quarantined delivery named is for those alone who look after connections.
    """
    if connection.status == ConnectionStatus.QUARANTINED:
        words = connection.status_words if in_detail else "A delivery is being looked into."
        yield {"tone": "bad", "text": f"Nothing is read: {words}"}
    labels = {resource.name: resource.label for resource in resources_of(connection)}
    for cursor in FeedCursor.objects.filter(connection=connection).exclude(sentence="").order_by("resource"):
        yield {"tone": "bad" if cursor.needs_person else "watch", "text": _fault(labels, cursor, at)}


def _fault(labels: dict[str, str], cursor: FeedCursor, at: datetime) -> str:
    label = labels.get(cursor.resource, cursor.resource)
    times = "once" if cursor.failures == 1 else f"{cursor.failures} times in a row"
    text = f"{label} could not be read, {times}. {cursor.sentence}"
    if cursor.needs_person:
        return f"{text} It is not tried again before somebody has looked at it."
    if cursor.rests_until and cursor.rests_until > at:
        return f"{text} It rests until {cursor.rests_until:%-d %b %Y %H:%M} UTC."
    return f"{text} It is tried again at the next turn."


def age(as_of: datetime | None, at: datetime) -> str:
    """How old what we have is, in words; "" where nothing was read."""
    if as_of is None:
        return ""
    minutes = max(0, int((at - as_of).total_seconds() // 60))
    for size, word in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            count = minutes // size
            return f"{count} {word}{'s' * (count != 1)} old"
    return "less than a minute old"


def once_each(items: QuerySet[FeedItem]) -> QuerySet[FeedItem]:
    """Of what could not be taken each record and reason once, as it came last; `times` is how many runs brought it."""
    alike = ("resource", "key", "reason")
    last = items.order_by(*alike, "-pk").distinct(*alike).values("pk")
    same = items.filter(**{name: OuterRef(name) for name in alike}).order_by().values("key")
    times = same.annotate(runs=Count("run", distinct=True)).values("runs")
    return items.filter(pk__in=last).annotate(times=Subquery(times)).order_by("-pk")


def counts_of(items: QuerySet[FeedItem]) -> dict[int, str]:
    """How many records these are, by their connection: "20 records", and in how many messages, where these are more."""
    alike = Concat("resource", Value("\n"), "key", Value("\n"), "reason", output_field=TextField())
    counts = {"records": Count(alike, distinct=True), "messages": Count("pk")}
    rows = items.order_by().values_list("connection").annotate(**counts)
    return {
        connection: counted(many, "record") + (f", in {messages:,} messages" if messages > many else "")
        for connection, many, messages in rows
    }


def called(item: FeedItem) -> str:
    """What a record that could not be taken is: "Document 05.02.08, 9 Sep 2024"; its key, where nothing was read."""
    if not item.fact:
        return item.key
    said = dict(zip(COLUMNS, item.fact.rstrip("\n").split("\t"), strict=True))
    what = f"{WORDS.get(said['what'], said['what'])} {said['event']}".strip()
    return ", ".join(filter(None, (what, said["subject"], day_written_out(said["day"]))))


def reading_states(connection: Connection) -> list[dict[str, Any]]:
    """How far each resource was read."""
    known = {cursor.resource: cursor for cursor in FeedCursor.objects.filter(connection=connection)}
    return [
        {
            "label": resource.label,
            "cursor": (cursor := known.get(resource.name)),
            "read_to": _read_to(cursor.cursor) if cursor else "",
            "is_snapshot": resource.is_snapshot,
        }
        for resource in resources_of(connection)
    ]


def _read_to(mark: str) -> str:
    """How far a resource was read, as people read it; some systems count by a mark of their own, not by the instant."""
    if mark.isdigit():
        return f"No. {mark}, as it numbers them"
    if "T" not in mark:
        return mark
    try:
        return f"{datetime.fromisoformat(mark).astimezone(UTC):%-d %b %Y %H:%M} UTC"
    except ValueError:
        return mark
