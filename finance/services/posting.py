"""Bringing the payables of a study to what its facts say: one statement finds the differences and posts them.

Nothing posted is ever changed. What is no longer due, or due differently, is reversed; so posting again without new
facts posts nothing, and what was paid twice by mistake of a source is taken back with the next run.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from ctms.core.money import sql_minor_units
from ctms.core.use_case import use_case
from ctms.studies.models import Study
from finance import facts
from finance.facts import FIELDS
from finance.models import Agreement
from finance.queries import in_force

_TYPES = {"site_id": "bigint", "occurred_on": "date", "quantity": "numeric"}


@dataclass(frozen=True)
class Posted:
    """How many payables were posted, and how many of them take one back."""

    owed: int
    reversed: int


@dataclass(frozen=True)
class Change:
    """A payable that would be posted now, and which one it would take back, if any."""

    fact_id: str
    item: str
    occurrence: int
    payee_id: int
    net: Decimal
    old_id: int | None

    @property
    def key(self) -> tuple[str, str, int, int]:
        return self.fact_id, self.item, self.occurrence, self.payee_id


@use_case
def post_payables(*, study: Study, at: datetime) -> Posted:
    """Posts what is due by all facts until now, and the holdbacks that are to be released.

    Two at once wait for each other; the second finds nothing left to post.
    """
    hold_agreements(study.pk)
    told, current = _facts_sql(study), _current_sql(study, at)
    owed = reversed_ = 0
    for due, of_kind in (("due.sql", "<>"), ("release.sql", "=")):
        statement = _changes_sql(due, of_kind, told, current) + _sql("post.sql")
        ((added, taken_back),) = _rows(statement, _values(study, at))
        owed, reversed_ = owed + added, reversed_ + taken_back
    if owed or reversed_:
        _forget_plans()
    return Posted(owed, reversed_)


def hold_agreements(study: int) -> None:
    """Lets whoever else posts, calculates or gives up payments of the study wait until this transaction ends.

    Taken before the lock of a run, always.
    """
    list(Agreement.objects.filter(study=study).order_by("pk").select_for_update(of=("self",)).values_list("pk"))


def pending_changes(study: Study, at: datetime) -> list[Change]:
    """What posting would post now, without doing it."""
    told, current = _facts_sql(study), _current_sql(study, at)
    found: list[Change] = []
    listed = " select fact_id, item, occurrence, payee_id, direct + overhead + holdback + vat + withholding, old_id"
    for due, of_kind in (("due.sql", "<>"), ("release.sql", "=")):
        rows = _rows(_changes_sql(due, of_kind, told, current) + listed + " from changes", _values(study, at))
        found += [Change(*row) for row in rows]
    return found


def _forget_plans() -> None:
    """The keys of what was posted are checked next, by plans that this connection may have made when the tables were
    nearly empty: reading all of a table for each row is then the quickest way, and takes hours afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("discard plans")


def _rows(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What a statement over all facts gives. Row by row against each other they would take minutes at a thousand
    sites, and the planner, which knows nothing of facts told as JSON, would do just that: so it may not."""
    with connection.cursor() as cursor:
        cursor.execute("set local enable_nestloop = off")
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        cursor.execute("set local enable_nestloop to default")
    return rows


def _values(study: Study, at: datetime) -> dict[str, Any]:
    return {"sponsor": study.sponsor_id, "study": study.pk, "at": at, "today": at.date()}


def _changes_sql(due: str, of_kind: str, told: str, current: str) -> str:
    minor = sql_minor_units("a.currency" if due == "due.sql" else "p.currency")
    wanted = _sql(due).replace("{facts}", told).replace("{minor}", minor).replace("{current}", current)
    return _sql("changes.sql").replace("{of_kind}", of_kind).replace("{due}", wanted)


def _current_sql(study: Study, at: datetime) -> str:
    """The versions in force today, as a query of their keys."""
    return _composed(*in_force(at.date()).filter(study=study).values("pk").query.sql_with_params())


def _facts_sql(study: Study) -> str:
    """All facts of the study as one query: those told one by one as its values, the others where they are."""
    parts: list[str] = []
    one_by_one: list[dict[str, Any]] = []
    for provider in facts.providers():
        given = provider(study)
        if isinstance(given, QuerySet):
            parts.append(_composed(*given.values(*FIELDS).query.sql_with_params()))
        else:
            one_by_one += map(asdict, given)
    columns = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in FIELDS)
    listed = f"select * from jsonb_to_recordset(%s::jsonb) as told ({columns})"  # noqa: S608 - our own names
    parts.append(_composed(listed, [json.dumps(one_by_one, default=str)]))
    return " union all ".join(f"({part})" for part in parts)


def _composed(statement: str, values: Iterable[Any]) -> str:
    """A statement with its values in it, to stand inside another whose values are named."""
    composed: str = connection.ops.compose_sql(statement, list(values))  # type: ignore[attr-defined]
    return composed.replace("%", "%%")


@cache
def _sql(name: str) -> str:
    """A file of sql/, without its comments, which speak of the places to be filled."""
    lines = resources.files(__package__).joinpath("sql", name).read_text().splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))
