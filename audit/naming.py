"""What records were called at a moment: by the column that people know them by, and by what they belong to.

A model says so in `known_by`; where that is a number, `known_as` says how it is spoken ("PR-{:03}"), and where the
name alone could be anybody's, `known_in` names the keys that lead to whose it is.
"""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, cast

from django.db import connection, models
from psycopg import sql

Model = type[models.Model]
Moment = tuple[datetime, str]
"""An instant, and the id of the act written then: acts of one instant still have an order."""


def history_table(model: Model) -> str:
    """The table that holds this model's trail."""
    return str(model.history.model._meta.db_table)  # type: ignore[attr-defined]


def key_column(model: Model) -> str:
    """The column of the primary key, which every model has."""
    assert model._meta.pk is not None
    return str(model._meta.pk.column)


def label_field(model: Model) -> str:
    """The column people know a record of this model by."""
    return str(getattr(model, "known_by", model._meta.pk.column))


def field_of(model: Model, column: str) -> Any:
    """The field of a column; None for a retired one."""
    return next((field for field in model._meta.concrete_fields if field.column == column), None)


def target_of(field: Any) -> Model | None:
    """The model with a trail that a key leads to; None where the field is no such key."""
    target = cast(Model | None, field.related_model if field is not None and field.is_relation else None)
    return target if target is not None and hasattr(target, "history") else None


def owners(model: Model) -> tuple[Any, ...]:
    """The keys that lead to what a record's name does not say: whose it is."""
    return tuple(map(model._meta.get_field, getattr(model, "known_in", ())))


def spoken(model: Model, value: Any) -> str:
    """What the column people know a record by holds, as they say it."""
    if value is None or value == "":
        return ""
    field = field_of(model, label_field(model))
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field is not None and field.is_relation:  # to what has no trail
        return f"no. {value}"
    return str(getattr(model, "known_as", "{}")).format(value)


def labels(
    wanted: Iterable[tuple[Model, int, Moment]], named: Collection[Model] | None = None
) -> dict[tuple[Model, int, Moment], str]:
    """What each record was called at that moment: (model, key, moment) -> label. One statement for all.

    Args:
        named: only records of these models have a name, nor does a name say whose it is of any other; None: all.
    """
    by_model: dict[Model, list[tuple[int, Moment]]] = {}
    for model, key, at in dict.fromkeys(wanted):
        if named is None or model in named:
            by_model.setdefault(model, []).append((key, at))
    if not by_model:
        return {}
    parts: list[sql.Composed] = []
    values: list[Any] = []
    models_in_order = list(by_model)
    for position, model in enumerate(models_in_order):
        pairs = by_model[model]
        listed = sql.SQL(
            "select {position}, v.place, {told}::text "
            "from unnest(%s::bigint[], %s::timestamptz[], %s::uuid[]) with ordinality v(id, at, act, place)"
        )
        parts.append(listed.format(position=sql.Literal(position), told=_told(model, sql.SQL("v.id"), named)))
        values += [[key for key, _ in pairs], [at for _, (at, _) in pairs], [act for _, (_, act) in pairs]]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" union all ").join(parts), values)
        answers = cursor.fetchall()
    found = {}
    for position, place, told in answers:
        model = models_in_order[position]
        found[model, *by_model[model][place - 1]] = _called(model, json.loads(told) if told else None)
    return found


def _told(model: Model, key: sql.Composable, named: Collection[Model] | None, depth: int = 0) -> sql.Composed:
    """A subquery: what the record with this key is known by, and by what its owners are, as JSON, each as of then.

    Of what is not to be named, null.
    """
    history = sql.SQL("h{}").format(sql.SQL(str(depth)))
    label = field_of(model, label_field(model))
    told: list[sql.Composable] = []
    for field in (label, *owners(model)):
        column = sql.SQL("{}.{}").format(history, sql.Identifier(field.column))
        target = target_of(field)
        if target is None:
            told.append(column)
        else:
            is_named = named is None or target in named
            told.append(_told(target, column, named, depth + 1) if is_named else sql.NULL)
    statement = sql.SQL(
        """(select jsonb_build_array({told}) from {table} {history}
               where {history}.{pk} = {key} and ({history}.history_date, {history}.history_act) <= (v.at, v.act)
               order by {history}.history_id desc limit 1)"""
    )
    return statement.format(
        told=sql.SQL(", ").join(told), table=sql.Identifier(history_table(model)), history=history,
        pk=sql.Identifier(key_column(model)), key=key,
    )  # fmt: skip


def _called(model: Model, told: list[Any] | None) -> str:
    if told is None:
        return ""
    target = target_of(field_of(model, label_field(model)))
    own = spoken(model, told[0]) if target is None else _called(target, told[0])
    around = (
        _called(cast(Model, field.related_model), one) for field, one in zip(owners(model), told[1:], strict=True)
    )
    return ", ".join(filter(None, (own, *around)))
