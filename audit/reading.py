"""SQL behind the reader's view of the trail: three statements, however many tables and rows a page shows.

Raw SQL, because one ordered page is taken over all history tables at once; every name in it comes from a model, every
value is a parameter. Row-level security confines it to the open sponsor and to the partitions the reader may see.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg import sql

from audit.models import Signature
from audit.naming import Model, history_table, key_column
from ctms.accounts.models import Scope
from ctms.core import protocols, signables
from ctms.core.trail.history import regulated_models


@dataclass(frozen=True)
class Wanted:
    """Which part of the trail is read.

    Args:
        kinds: only records of these models; `kinds_shown` says which a person reads.
        named: records of these models are called by name where others point to them, the rest by number; None: all.
            `kinds_named` says which.
        study: only rows of this study, its own included.
        record: only this record's rows, given as (model, key), and those of other tables that point to it.
    """

    kinds: Collection[Model]
    named: Collection[Model] | None = None
    study: int | None = None
    record: tuple[Model, int] | None = None
    actor: str = ""
    act: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Place:
    """Where a page begins: rows older than this, in the order of the page."""

    at: datetime
    act: str
    table: str
    history_id: int


@dataclass(frozen=True)
class Row:
    """A history row and the one before it of the same record, with values as JSON has them."""

    model: Model
    now: dict[str, Any]
    before: dict[str, Any] = field(default_factory=dict)


def kinds_shown(user: Any, place: Any) -> list[Model]:
    """The kinds of record whose trail a person reads at a place who may read the trail there: those that their roles
    show them. What one may not look at, one does not read in the trail either.

    A signature keeps what was signed: it is for who reads every kind of record that is signed.
    """
    may = protocols.authority().may
    verbs = {verb: verb is None or may(user, verb, place) for verb in map(_view_verb, regulated_models())}
    shown = [model for model in regulated_models() if verbs[_view_verb(model)]]
    if all(one.model in shown for one in signables.declared()):
        return shown
    return [model for model in shown if model is not Signature]


def kinds_named(shown: Collection[Model]) -> frozenset[Model]:
    """The kinds of record that are called by name to who reads these: a place of the access tree too, whose label is
    the study, country or number of a site that every page shows."""
    return frozenset({*shown, Scope})


def _view_verb(model: Model) -> str | None:
    """What lets people see records of this kind; None for accounts, which no list shows."""
    return getattr(model, "view_verb", None)


def newest(wanted: Wanted, *, limit: int, before: Place | None) -> list[Row]:
    """The newest rows of the trail that are wanted, each with its predecessor."""
    keys = _keys(wanted, limit, before)
    rows = _rows(keys)
    return [rows[key] for key in keys if key in rows]


def _columns(model: Model) -> set[str]:
    return {column.column for column in model.history.model._meta.concrete_fields}  # type: ignore[attr-defined]


def _keys(wanted: Wanted, limit: int, before: Place | None) -> list[tuple[str, int]]:
    """(history table, history id), newest first."""
    parts, values = [], []
    for model in wanted.kinds:
        where = condition_on(model, wanted)
        if where is None:
            continue
        condition, parameters = where
        name = sql.Literal(history_table(model))
        if before is not None:
            older = "{} and (h.history_date, h.history_act, {}, h.history_id) < (%s, %s::uuid, %s, %s)"
            condition = sql.SQL(older).format(condition, name)
            parameters = [*parameters, before.at, before.act, before.table, before.history_id]
        newest_rows = sql.SQL(
            """(select {name} as source, h.history_id, h.history_date, h.history_act from {table} h
                where {condition} order by h.history_date desc, h.history_act desc, h.history_id desc limit %s)"""
        )
        parts.append(newest_rows.format(name=name, table=sql.Identifier(history_table(model)), condition=condition))
        values += [*parameters, limit]
    if not parts:
        return []
    query = sql.SQL(
        "select source, history_id from ({}) u "
        "order by history_date desc, history_act desc, source desc, history_id desc limit %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query.format(sql.SQL(" union all ").join(parts)), [*values, limit])
        return [(source, key) for source, key in cursor.fetchall()]


def condition_on(model: Model, wanted: Wanted) -> tuple[sql.Composable, list[Any]] | None:
    """The condition on one table's history, or None where it holds nothing of what is wanted."""
    columns, key = _columns(model), model._meta.pk.column
    conditions: list[sql.Composable] = [sql.SQL("true")]
    values: list[Any] = []
    if wanted.record is not None:
        target, record = wanted.record
        column = key if model is target else _pointing(model, target)
        if column is None:
            return None
        conditions.append(sql.SQL("h.{} = %s").format(sql.Identifier(column)))
        values.append(record)
    if wanted.study is not None:
        column = "study_id" if "study_id" in columns else key if model._meta.label == "studies.Study" else None
        if column is None:
            return None
        conditions.append(sql.SQL("h.{} = %s").format(sql.Identifier(column)))
        values.append(wanted.study)
    elif "sponsor_id" not in columns and wanted.record is None:
        return None  # accounts of all sponsors: read record by record only
    for condition, value in (
        ("h.history_actor ilike %s", f"%{_escaped(wanted.actor)}%" if wanted.actor else None),
        ("h.history_act = %s::uuid", wanted.act or None),
        ("h.history_date >= %s", wanted.since),
        ("h.history_date < %s::date + 1", wanted.until),
    ):
        if value is not None:
            conditions.append(sql.SQL(condition))
            values.append(value)
    return sql.SQL(" and ").join(conditions), values


def _pointing(model: Model, target: Model) -> str | None:
    """The column by which records of `model` belong to one of `target`, if it has one."""
    for column in model._meta.concrete_fields:
        if column.many_to_one and column.related_model is target and column.name == target._meta.model_name:
            return str(column.column)
    return None


def _rows(keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Row]:
    by_table: dict[str, list[int]] = {}
    for table, key in keys:
        by_table.setdefault(table, []).append(key)
    if not by_table:
        return {}
    known = {history_table(model): model for model in regulated_models()}
    parts = [
        sql.SQL(
            """select {name}, h.history_id, to_jsonb(h)::text, (select to_jsonb(p)::text from {table} p
                   where p.{key} = h.{key} and p.history_id < h.history_id order by p.history_id desc limit 1)
               from {table} h where h.history_id = any(%s)"""
        ).format(name=sql.Literal(table), table=sql.Identifier(table), key=sql.Identifier(key_column(known[table])))
        for table in by_table
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" union all ").join(parts), list(by_table.values()))
        return {
            (table, key): Row(known[table], _parsed(now), _parsed(before))
            for table, key, now, before in cursor.fetchall()
        }


def _parsed(text: str | None) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(text, parse_float=Decimal) if text else {}
    return values


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
