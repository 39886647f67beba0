"""What each database login may do with each table: one table of rules, applied after migrations, compared in tests.

Default privileges are never used: what is not granted here is not granted. Partitions get nothing; rows reach them
through their parent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from ctms.core.records import Working
from ctms.core.reviewed import ADDS, EDITS, SEES, UNREGULATED, WORKS
from ctms.core.trail.history import history_models, regulated_models
from ctms.run.logins import APP, OWNER, READER


@dataclass(frozen=True)
class Grant:
    """Rights of the app and of the reader on one table; `hidden` columns the reader does not see."""

    table: str
    app: frozenset[str]
    reader: frozenset[str]
    hidden: tuple[str, ...] = ()


def declared() -> Iterator[Grant]:
    """The rules, table by table.

    Regulated rows are voided with a reason, never deleted; events are only added; history is only read. What is left
    (sessions, Django's own) stands in `ctms.core.reviewed` with its rights.
    """
    regulated = set(regulated_models())
    history = set(history_models())
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if getattr(model, "only_grows", False):
            yield Grant(table, ADDS, SEES)
        elif model in regulated:
            yield Grant(table, EDITS, SEES, hidden=_secrets(model))
        elif model in history:
            yield Grant(table, SEES, SEES)
        elif issubclass(model, Working):
            yield Grant(table, WORKS, SEES, hidden=model.hidden)
        elif table not in UNREGULATED:
            raise LookupError(f"{table} has no trail and is not on the reviewed list (ctms/core/reviewed.py).")
    for table, (app, reader) in UNREGULATED.items():
        yield Grant(table, app, reader)


def apply(cursor: Any) -> None:
    """Makes the database's grants equal to the declared ones."""
    cursor.execute(f"""
        revoke all on schema public from public;
        grant usage on schema public to {APP}, {READER};
        revoke all on all tables in schema public from public, {APP}, {READER};
        revoke all on all sequences in schema public from public, {APP}, {READER};
    """)
    for grant in declared():
        if grant.app:
            cursor.execute(f"grant {', '.join(sorted(grant.app))} on {grant.table} to {APP}")
        if grant.reader:
            columns = _visible(cursor, grant)
            cursor.execute(f"grant select {columns} on {grant.table} to {READER}")


def found(cursor: Any) -> dict[tuple[str, str], frozenset[str]]:
    """(table, login) -> rights as the catalog has them, for every relation and login but the owner's own."""
    cursor.execute(
        """select c.relname, coalesce(r.rolname, 'public'), array_agg(distinct a.privilege_type)
           from pg_class c cross join lateral aclexplode(c.relacl) a left join pg_roles r on r.oid = a.grantee
           where c.relnamespace = 'public'::regnamespace and coalesce(r.rolname, 'public') <> %s
           group by 1, 2""",
        [OWNER],
    )
    return {(table, login): frozenset(rights) for table, login, rights in cursor.fetchall()}


def _secrets(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(model.history.model._history_excluded_fields)  # type: ignore[attr-defined]


def _visible(cursor: Any, grant: Grant) -> str:
    if not grant.hidden:
        return ""
    cursor.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        [grant.table],
    )
    columns = ", ".join(f'"{name}"' for (name,) in cursor.fetchall() if name not in grant.hidden)
    return f"({columns})"
