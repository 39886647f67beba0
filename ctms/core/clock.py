"""The time. Read at the edges only; rules get it as `at`, so they can be tested on any day."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import cache

from django.db import connection

_moment: ContextVar[list[datetime] | None] = ContextVar("moment", default=None)


@contextmanager
def one_moment() -> Iterator[None]:
    """Within it the clock is looked at once: whatever a page shows is of the same instant."""
    token = _moment.set([])
    try:
        yield
    finally:
        _moment.reset(token)


def now() -> datetime:
    """The instant, in UTC: the server's own clock or, in a simulated database, the demo's. Same as SQL `ctms_now()`."""
    seen = _moment.get()
    if seen:
        return seen[0]
    instant = _asked()
    if seen is not None:
        seen.append(instant)
    return instant


def _asked() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("select ctms_now()")
        instant: datetime = cursor.fetchone()[0]
    return instant.astimezone(UTC)


def today() -> date:
    """The day in UTC. A due date of a person elsewhere is compared in that person's own zone, not with this."""
    return now().date()


@cache
def is_simulated() -> bool:
    """Whether this is a simulated database. Asked once per process: its owner decides it when making it."""
    with connection.cursor() as cursor:
        cursor.execute("select ctms_is_simulated()")
        return bool(cursor.fetchone()[0])
