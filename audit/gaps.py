"""Does each record say what the newest row of its history says? Anything else was changed past the trail."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from ctms.core.protocols import journal
from ctms.core.trail import install
from ctms.core.trail.history import regulated_models

log = logging.getLogger("ctms.audit")
# Some tables show all sponsors' rows, their history never does; the owner, in no sponsor, compares everything.
_OURS = "coalesce(sponsor_id = nullif(current_setting('ctms.sponsor', true), '')::bigint, true)"
_NAMED = 20  # gaps written out in the access log; all of them are in the worker's log


@dataclass(frozen=True)
class Gap:
    """A record whose history does not end as the record is."""

    table: str
    key: int
    what: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.what}"


def gaps() -> Iterator[Gap]:
    """All gaps among the rows that this login sees: of the open sponsor, or of everybody as the owner."""
    with connection.cursor() as cursor:
        for model in regulated_models():
            yield from gaps_in(cursor, model._meta.db_table)


def compare_and_note() -> list[Gap]:
    """Compares the open sponsor's records and notes the outcome, good or bad, in the access log."""
    found = list(gaps())
    for gap in found:
        log.error("Gap in the trail: %s", gap)
    named = [str(gap) for gap in found[:_NAMED]]
    journal().record("TRAIL_COMPARED", subject="Records and their trail", detail={"gaps": len(found), "named": named})
    return found


def gaps_in(cursor: Any, table: str) -> Iterator[Gap]:
    """The gaps of one regulated table."""
    key, history = install.key_of(cursor, table), install.Pair.of(table).history
    columns = install.copied_columns(cursor, install.Pair.of(table))
    ours = _OURS if "sponsor_id" in columns else "true"
    differs = " or ".join(_differs(column, since) for column, since in columns.items() if column != key)
    cursor.execute(f"""
        select {key}, case
            when r.{key} is null then 'in history, but the record is gone without a trace'
            when h.{key} is null then 'there, but never recorded'
            when h.history_type = '-' then 'there, although its history says it was deleted'
            else 'differs from the newest row of its history' end
        from (select * from {table} where {ours}) r
        full join (select distinct on ({key}) * from {history} order by {key}, history_id desc) h using ({key})
        where case
            when r.{key} is null then h.history_type <> '-'
            when h.{key} is null or h.history_type = '-' then true
            else {differs} end
        order by 1""")  # noqa: S608 - names from the catalog
    for record, what in cursor.fetchall():
        yield Gap(table, record, what)


def _differs(column: str, since: str | None) -> str:
    """A column younger than the history row was not there to be recorded."""
    condition = f'r."{column}" is distinct from h."{column}"'
    return f"{condition} and h.history_date >= '{since}'" if since else condition
