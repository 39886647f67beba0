"""The account of what could not be taken: items kept, settled and replayed, set by set; their runs' counts follow."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection as database

from ctms.integrations.lifecycle import MOST_TRIES
from ctms.integrations.models import Connection, FeedItem, FeedRun, ItemStatus
from ctms.integrations.models.feeds import UNSETTLED
from ctms.integrations.ports import line_of

_COUNTED = {
    ItemStatus.PENDING: "pending", ItemStatus.REFUSED: "refused", ItemStatus.DEAD: "dead",
    ItemStatus.APPLIED: "applied", ItemStatus.SUPERSEDED: "unchanged",
}  # fmt: skip
_SETTLE = f"""
    with settled as (
        update integrations_feeditem i set tries = i.tries + 1,
            status = case when s.outcome in ('APPLIED', 'REFUSED') then s.outcome
                when s.outcome = 'OVERTAKEN' then 'SUPERSEDED'
                when i.tries + 1 >= {MOST_TRIES} then 'DEAD' else 'PENDING' end,
            reason = case when s.outcome in ('APPLIED', 'OVERTAKEN') then i.reason
                else coalesce(nullif(s.reason, ''), i.reason) end
        from unnest(%s::bigint[], %s::text[], %s::text[]) s (id, outcome, reason) where s.id = i.id
        returning i.run_id, old.status as before, new.status as after)
    select run_id, before, after, count(*) from settled where before <> after group by 1, 2, 3"""  # noqa: S608
_REPLAY = """
    with replayed as (
        update integrations_feeditem i set tries = 0, status = 'PENDING'
        from unnest(%s::bigint[]) s (id) where s.id = i.id
        returning i.run_id, old.status as before, new.status as after)
    select run_id, before, after, count(*) from replayed group by 1, 2, 3"""
_MOVED = ", ".join(
    f"""{column} = r.{column} + (select coalesce(sum(many) filter (where after = '{status}'), 0)
        - coalesce(sum(many) filter (where before = '{status}'), 0) from moved m where m.run_id = r.id)"""  # noqa: S608
    for status, column in _COUNTED.items()
)
_RECOUNT = f"""
    with moved as (
        select * from unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[]) m (run_id, before, after, many))
    update integrations_feedrun r set {_MOVED} where r.id in (select run_id from moved)"""  # noqa: S608 - our own names


def keep(run: FeedRun, connection: Connection, rows: Iterable[tuple[Any, ...]], at: datetime) -> None:
    """Keeps what was not taken, and settles what came again.

    Args:
        rows: (item or None, outcome, reason, the fact's columns).
    """
    fresh, again = [], []
    for item_id, outcome, reason, *columns in rows:
        if item_id is None:
            fresh.append(
                FeedItem(
                    sponsor_id=run.sponsor_id, connection=connection, run=run, resource=run.resource,
                    key=columns[0] or "", status=outcome, reason=reason, fact=line_of(columns), place=columns[4] or "",
                    subject=columns[5] or "", received_at=at,
                )
            )  # fmt: skip
        else:
            again.append((item_id, outcome, reason))
    FeedItem.objects.bulk_create(fresh, batch_size=2000)
    settle(again)


def keep_unreadable(run: FeedRun, connection: Connection, at: datetime) -> int:
    """How many records there were of which not even the key could be read; an item for each that is new."""
    found = [
        (f"{where} of reply {position}", why)
        for position, unusable in run.payloads.exclude(unusable=[]).values_list("position", "unusable")
        for where, why in unusable
    ]
    known = set(
        FeedItem.objects.filter(connection=connection, resource=run.resource, fact="", status__in=UNSETTLED)
        .values_list("key", "reason")
    )  # fmt: skip
    items = [
        FeedItem(
            sponsor_id=run.sponsor_id, connection=connection, run=run, resource=run.resource,
            key=key, status=ItemStatus.REFUSED, reason=why, received_at=at,
        )
        for key, why in found if (key, why) not in known
    ]  # fmt: skip
    FeedItem.objects.bulk_create(items, batch_size=2000)
    return len(found)


def settle(rows: Sequence[tuple[int, str | None, str | None]]) -> None:
    """Items that came again: taken, overtaken, refused, or put aside once more, and in the end for good.

    Args:
        rows: (item, outcome, reason).
    """
    if rows:
        keys, outcomes, reasons = (list(column) for column in zip(*rows, strict=True))
        _move(_SETTLE, keys, outcomes, reasons)


def replay(items: list[int]) -> None:
    """Has items tried again at the next run, as if for the first time."""
    _move(_REPLAY, items)


def _move(statement: str, keys: list[int], *said: list[Any]) -> None:
    """Items and then their runs, locked in the order of their keys: a feed and a person never wait for each other."""
    with database.cursor() as cursor:
        cursor.execute("select 1 from integrations_feeditem where id = any(%s) order by id for update", [keys])
        cursor.execute(statement, [keys, *said])
        moves = cursor.fetchall()
        if moves:
            runs, *_ = columns = [list(column) for column in zip(*moves, strict=True)]
            cursor.execute("select 1 from integrations_feedrun where id = any(%s) order by id for update", [runs])
            cursor.execute(_RECOUNT, columns)
