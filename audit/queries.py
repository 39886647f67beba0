"""What happened, as people read it: record, person, act and time, in labels, with old and new values and the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import BadRequest
from django.db import models

from audit import reading
from audit.reading import Model, Moment, Place, Row, Wanted, history_table, kinds_shown, label_field, labels
from ctms.core.acting import Channel

PAGE = 40
Names = dict[tuple[Model, int, Moment], str]
_VERBS = {"+": "Created", "~": "Changed", "-": "Deleted"}
_CHANNELS = {
    Channel.WEB: "browser", Channel.API: "REST", Channel.TASK: "background task", Channel.COMMAND: "command line",
    Channel.IMPORT: "import", Channel.FEED: "feed", Channel.MIGRATION: "migration", "psql": "database console",
}  # fmt: skip
_ABBREVIATIONS = frozenset({"CTMS", "EDC", "ERP", "ETMF", "EU", "IRT", "VAT"})  # in names of fields
# What the page tells anyway (the record's place, who recorded it when) or nobody asks first: shown on demand.
_MINOR = {
    *("id", "sponsor_id", "study_id", "scope_id", "group_id", "schedule_id", "run_id", "partition", "path", "slug"),
    *("registry_key", "content_sha256", "position", "kind", "move", "recorded_at", "recorded_by_id", "granted_by_id"),
}
_OWNERS = ("site", "person", "user")
_OWNER_COLUMNS = tuple(f"{owner}_id" for owner in _OWNERS)


@dataclass(frozen=True)
class Change:
    """One field of a record before and after, in words as of then."""

    label: str
    old: str
    new: str
    is_minor: bool = False


@dataclass(frozen=True)
class Entry:
    """One record touched by an act."""

    verb: str
    kind: str  # what sort of record, in words
    record: str  # what it was called then
    changes: tuple[Change, ...]
    minor: tuple[Change, ...]

    @property
    def fields(self) -> tuple[Change, ...]:
        """All of them, those of interest first."""
        return self.changes + self.minor


@dataclass(frozen=True)
class Deed:
    """One act, with those of its records that stand on this page."""

    id: str
    at: datetime
    actor: str
    reason: str
    channel: str
    is_simulated: bool
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Trail:
    """A page of the trail, newest first."""

    acts: tuple[Deed, ...]
    next: str  # what `before` asks for the page after this one; "" at the end


NOTHING = Trail((), "")


def trail(wanted: Wanted, *, before: str = "", limit: int = PAGE) -> Trail:
    """A page of what is wanted.

    Raises:
        BadRequest: `before` is not a place an earlier page named.
    """
    rows = reading.newest(wanted, limit=limit + 1, before=place_of(before))
    more, rows = len(rows) > limit, rows[:limit]
    names = labels(_references(rows))
    acts = tuple(_deed(list(group), names) for _, group in groupby(rows, key=lambda row: row.now["history_act"]))
    return Trail(acts, cursor_of(rows[-1]) if more else "")


def record_trail(record: models.Model, user: Any, *, before: str = "", limit: int = PAGE) -> Trail:
    """A page of one record's own trail and of the records that belong to it, as far as they are shown to the person."""
    return trail(Wanted(kinds_shown(user, record), record=(type(record), record.pk)), before=before, limit=limit)


def _deed(rows: list[Row], names: Names) -> Deed:
    now = rows[0].now
    return Deed(
        id=now["history_act"],
        at=_moment(now)[0],
        actor=now["history_actor"],
        reason=now["history_change_reason"],
        channel=_CHANNELS.get(now["history_channel"], now["history_channel"]),
        is_simulated=bool(now["history_simulated"]),
        entries=tuple(_entry(row, names) for row in rows),
    )


def _entry(row: Row, names: Names) -> Entry:
    at = _moment(row.now)
    changes = list(_changes(row, names, at))
    return Entry(
        verb=_VERBS[row.now["history_type"]],
        kind=str(row.model._meta.verbose_name),
        record=_called(row, names, at),
        changes=tuple(change for change in changes if not change.is_minor),
        minor=tuple(change for change in changes if change.is_minor),
    )


def _called(row: Row, names: Names, at: Moment) -> str:
    """The record's own label, and what it belongs to where that says more: “US-004”; “CDA executed, US-004”."""
    own = _words(row.model, label_field(row.model), row.now.get(label_field(row.model)), names, at)
    for owner in _OWNERS:
        column = f"{owner}_id"
        if row.now.get(column) and column != label_field(row.model):
            related = cast(Model, row.model._meta.get_field(owner).related_model)
            return f"{own}, {names.get((related, row.now[column], at), '')}".strip(", ")
    return own


def _changes(row: Row, names: Names, at: Moment) -> Iterator[Change]:
    """Field by field: what an entry of a new record says, or what changed. Retired fields keep showing."""
    for column, value in row.now.items():
        is_change = row.now["history_type"] == "~"
        old = row.before.get(column) if is_change else None
        if column.startswith("history_") or value == old or (value in ("", None) and old in ("", None)):
            continue
        said_above = not is_change and (value is False or column in (label_field(row.model), *_OWNER_COLUMNS))
        yield Change(
            _label(row.model, column),
            _words(row.model, column, old, names, at),
            _words(row.model, column, value, names, at),
            is_minor=column in _MINOR or said_above,
        )


def _label(model: Model, column: str) -> str:
    field = _field(model, column)
    words = str(field.verbose_name) if field is not None else f"{column.replace('_', ' ')} (retired)"
    spoken = " ".join(word.upper() if word.upper() in _ABBREVIATIONS else word for word in words.split())
    return spoken[:1].upper() + spoken[1:]


def _words(model: Model, column: str, value: Any, names: Names, at: Moment) -> str:
    """A stored value as people read it."""
    if value is None or value == "":
        return ""
    field = _field(model, column)
    if field is not None and field.many_to_one:
        return names.get((field.related_model, value, at)) or f"no. {value}"
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(field, models.DateTimeField):
        return f"{datetime.fromisoformat(value).astimezone(UTC):%-d %b %Y %H:%M} UTC"
    if isinstance(field, models.DateField):
        return f"{datetime.fromisoformat(value):%-d %b %Y}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)


def _field(model: Model, column: str) -> Any:
    for field in model._meta.concrete_fields:
        if field.column == column:
            return field
    return None


def _references(rows: list[Row]) -> Iterator[tuple[Model, int, Moment]]:
    """All records that these rows point to, with the moment whose label is wanted."""
    for row in rows:
        at = _moment(row.now)
        for field in row.model._meta.concrete_fields:
            target = cast(Model, field.related_model)
            if field.many_to_one and hasattr(target, "history"):
                for values in (row.now, row.before):
                    if values.get(str(field.column)) is not None:
                        yield target, values[str(field.column)], at


def _moment(values: dict[str, Any]) -> Moment:
    return datetime.fromisoformat(values["history_date"]).astimezone(UTC), values["history_act"]


def cursor_of(row: Row) -> str:
    """The place behind this row, as an address carries it."""
    now, table = row.now, history_table(row.model)
    return f"{now['history_date']}~{now['history_act']}~{table}~{now['history_id']}"


def place_of(before: str) -> Place | None:
    """What an address says of where to go on; BadRequest where no page of ours ever said so."""
    if not before:
        return None
    try:
        at, act, table, key = before.split("~")
        return Place(datetime.fromisoformat(at).astimezone(UTC), str(UUID(act)), table, int(key))
    except (OverflowError, ValueError) as error:
        raise BadRequest("This page address is damaged: go back to the first page.") from error
