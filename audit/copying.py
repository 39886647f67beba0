"""History in the mass: one statement per table that PostgreSQL writes out by itself. See `reading` for its pages."""

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from audit.reading import Wanted, condition_on, history_table, key_column
from ctms.core.trail.history import TrailRow, regulated_models

NAMES = ("id", "record", "kind", "at", "act", "actor", "actor_id", "channel", "reason", "simulated", "values")
KINDS = {"+": "CREATED", "~": "CHANGED", "-": "DELETED"}
_ITS_OWN = {"history_id", "history_date", "history_type", "history_change_reason", "history_user_id"}
_SELECT = """
    select h.history_id, {label} || h.{key}, {kind}, h.history_date, h.history_act, h.history_actor,
           h.history_user_id, h.history_channel, h.history_change_reason, h.history_simulated, {values}
    from {table} h cross join lateral (select {columns}) v
    where {condition} order by h.history_id"""


def statements(wanted: Wanted, *, as_text: bool) -> Iterator[tuple[sql.Composed, list[Any]]]:
    """(SELECT, its values) for each table that may hold some of what is wanted; its columns are NAMES.

    Args:
        as_text: `values`, which is the row of the record, as JSON text and not as a row.
    """
    for model in [wanted.model] if wanted.model else regulated_models():
        where = condition_on(model, wanted)
        if where is None:
            continue
        condition, values = where
        kinds = [
            sql.SQL("when {} then {}").format(sql.Literal(sign), sql.Literal(word)) for sign, word in KINDS.items()
        ]
        names = sql.SQL(", ").join(sql.SQL("h.{}").format(sql.Identifier(name)) for name in columns(model))
        yield (
            sql.SQL(_SELECT).format(
                label=sql.Literal(f"{model._meta.label_lower}:"),
                key=sql.Identifier(key_column(model)),
                kind=sql.SQL("case h.history_type {} end").format(sql.SQL(" ").join(kinds)),
                values=sql.SQL("row_to_json(v)::text" if as_text else "v"),
                table=sql.Identifier(history_table(model)),
                columns=names,
                condition=condition,
            ),
            values,
        )


def columns(model: Any) -> list[str]:
    """The record's own columns in its history, retired ones included."""
    own = {*_ITS_OWN, *(field.column for field in TrailRow._meta.get_fields())}  # type: ignore[union-attr]
    fields = model.history.model._meta.concrete_fields
    return [field.column for field in fields if field.column not in own]
