"""What happened, as people read it: record, person, act and time, in labels, with old and new values and the reason."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from django.core.exceptions import BadRequest
from django.db import models

from audit import reading
from audit.naming import Model, Moment, field_of, history_table, label_field, labels, owners, spoken, target_of
from audit.reading import Place, Row, Wanted, kinds_named, kinds_shown
from ctms.core import money, signables
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
    "id", "sponsor_id", "study_id", "scope_id", "group_id", "schedule_id", "run_id", "partition", "path", "slug",
    "registry_key", "content", "content_sha256", "position", "kind", "move", "recorded_at", "recorded_by_id",
    "granted_by_id",
}  # fmt: skip
_OWNERS = ("site_id", "person_id", "user_id")  # of what says itself nothing of what it belongs to
_EXACT = 3  # decimals of an amount of money as it is kept, whatever its currency
# What these texts hold is written by the system; what people type is shown as they typed it.
_AS_JSON = "content"
_INSTANTS = ("cursor", "cursor_before", "cursor_after")


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
    names = labels(_references(rows), wanted.named)
    acts = tuple(_deed(list(group), names) for _, group in groupby(rows, key=lambda row: row.now["history_act"]))
    return Trail(acts, cursor_of(rows[-1]) if more else "")


def record_trail(record: models.Model, user: Any, *, before: str = "", limit: int = PAGE) -> Trail:
    """A page of one record's own trail and of the records that belong to it, as far as they are shown to the person."""
    kinds = kinds_shown(user, record)
    return trail(Wanted(kinds, named=kinds_named(kinds), record=(type(record), record.pk)), before=before, limit=limit)


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
    changes = list(_changes(row, names))
    return Entry(
        verb=_VERBS[row.now["history_type"]],
        kind=str(row.model._meta.verbose_name),
        record=_called(row, names),
        changes=tuple(change for change in changes if not change.is_minor),
        minor=tuple(change for change in changes if change.is_minor),
    )


def _called(row: Row, names: Names) -> str:
    """The record's own label, and what it belongs to where that says more: “US-004”; “CDA executed, US-004”."""
    around = [_words(row, column, row.now.get(column), names) for column in _owner_columns(row)]
    return ", ".join(
        filter(None, [_words(row, label_field(row.model), row.now.get(label_field(row.model)), names), *around])
    )


def _owner_columns(row: Row) -> list[str]:
    """The columns that say what a record belongs to: as its model says, or the first of the usual ones that it has."""
    if declared := owners(row.model):
        return [str(field.column) for field in declared]
    return [name for name in _OWNERS if row.now.get(name) and name != label_field(row.model)][:1]


def _changes(row: Row, names: Names) -> Iterator[Change]:
    """Field by field: what an entry of a new record says, or what changed. Retired fields keep showing."""
    for column, value in row.now.items():
        is_change = row.now["history_type"] == "~"
        old = row.before.get(column) if is_change else None
        if column.startswith("history_") or value == old or (value in ("", None) and old in ("", None)):
            continue
        said_above = not is_change and (value is False or column in (label_field(row.model), *_owner_columns(row)))
        yield Change(
            _label(row.model, column),
            _words(row, column, old, names),
            _words(row, column, value, names),
            is_minor=column in _MINOR or said_above,
        )


def _label(model: Model, column: str) -> str:
    field = field_of(model, column)
    words = str(field.verbose_name) if field is not None else f"{column.replace('_', ' ')} (retired)"
    spoken = " ".join(word.upper() if word.upper() in _ABBREVIATIONS else word for word in words.split())
    return spoken[:1].upper() + spoken[1:]


def _words(row: Row, column: str, value: Any, names: Names) -> str:
    """A stored value as people read it."""
    if value is None or value == "":
        return ""
    field = field_of(row.model, column)
    if target := target_of(field):
        return names.get((target, value, _moment(row.now))) or f"no. {value}"
    if field is not None and field.is_relation:
        return f"no. {value}"
    if column == label_field(row.model):
        return spoken(row.model, value)
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField) or column in _INSTANTS:
        return _instant(value)
    if isinstance(field, models.DecimalField) and field.decimal_places == _EXACT:
        return _amount(Decimal(value), row.now.get("currency") or "")
    return signables.words(_parsed(value) if column == _AS_JSON and isinstance(value, str) else value)


def _instant(text: str) -> str:
    """In UTC; a mark that is no instant, or none that a calendar has, as it stands."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%-d %b %Y %H:%M} UTC"
    except (ValueError, OverflowError):
        return text


def _amount(amount: Decimal, currency: str) -> str:
    """With the decimals of its currency; where the record does not say which that is, with two if that is exact."""
    if currency:
        return money.words(amount, currency)
    short = amount.quantize(Decimal("0.01"))
    return money.words(short if short == amount else amount)


def _parsed(text: str) -> Any:
    """What a text holds that is kept as JSON; a text that is none itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _references(rows: list[Row]) -> Iterator[tuple[Model, int, Moment]]:
    """All records that these rows point to, with the moment whose label is wanted."""
    for row in rows:
        at = _moment(row.now)
        for field in row.model._meta.concrete_fields:
            if target := target_of(field):
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
