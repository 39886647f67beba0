"""History in the mass: one statement per table that PostgreSQL writes out by itself. See `reading` for its pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.db import models
from psycopg import sql

from audit.naming import history_table, key_column
from audit.reading import Wanted, condition_on
from ctms.core.trail.history import TrailRow

Shape = Literal["row", "text", "columns"]
"""How the record itself comes: as one row, as JSON text, or as columns of their own, `values.number` and so on."""

NAMES = ("id", "record", "kind", "at", "act", "actor", "actor_id", "channel", "reason", "simulated")
KINDS = {"+": "CREATED", "~": "CHANGED", "-": "DELETED"}
_ITS_OWN = {"history_id", "history_date", "history_type", "history_change_reason", "history_user_id"}
_SELECT = """
    select h.history_id, {label} || h.{key}, {kind}, h.history_date, h.history_act, h.history_actor,
           h.history_user_id, h.history_channel, h.history_change_reason, h.history_simulated, {values}
    from {table} h cross join lateral (select {columns}) v
    where {condition} order by h.history_id"""


@dataclass(frozen=True)
class Statement:
    """A SELECT with its values, the names of its columns, and which of those hold what people typed."""

    query: sql.Composed
    values: list[Any]
    names: tuple[str, ...]
    texts: frozenset[str]


def statements(wanted: Wanted, *, shape: Shape) -> Iterator[Statement]:
    """One for each table that may hold some of what is wanted; all with the same columns, unless shape is "columns"."""
    for model in wanted.kinds:
        where = condition_on(model, wanted)
        if where is None:
            continue
        condition, values = where
        kinds = [sql.SQL("when {} then {}").format(sql.Literal(sign), word) for sign, word in KINDS.items()]
        listed = sql.SQL(", ").join(sql.SQL("h.{}").format(sql.Identifier(name)) for name in columns(model))
        query = sql.SQL(_SELECT).format(
            label=sql.Literal(f"{model._meta.label_lower}:"),
            key=sql.Identifier(key_column(model)),
            kind=sql.SQL("case h.history_type {} end").format(sql.SQL(" ").join(kinds)),
            values=sql.SQL({"row": "v", "text": "row_to_json(v)::text", "columns": "v.*"}[shape]),
            table=sql.Identifier(history_table(model)),
            columns=listed,
            condition=condition,
        )
        texts = frozenset({"actor", "reason"})
        if shape == "columns":
            names = (*NAMES, *(f"values.{name}" for name in columns(model)))
            yield Statement(query, values, names, texts | {f"values.{name}" for name in _typed(model)})
        else:
            yield Statement(query, values, (*NAMES, "values"), texts)


def columns(model: Any) -> list[str]:
    """The record's own columns in its history, retired ones included."""
    own = {*_ITS_OWN, *(field.column for field in TrailRow._meta.get_fields())}  # type: ignore[union-attr]
    fields = model.history.model._meta.concrete_fields
    return [field.column for field in fields if field.column not in own]


def _typed(model: Any) -> Iterator[str]:
    for field in model.history.model._meta.concrete_fields:
        if isinstance(field, models.TextField | models.CharField) and not field.choices:
            yield str(field.column)
