"""The time. Read at the edges only; rules get it as `at`, so they can be tested on any day."""

from datetime import UTC, date, datetime
from functools import cache

from django.db import connection


def now() -> datetime:
    """The instant, in UTC: the server's own clock or, in a simulated database, the demo's. Same as SQL `ctms_now()`."""
    with connection.cursor() as cursor:
        cursor.execute("select ctms_now()")
        return cursor.fetchone()[0].astimezone(UTC)


def today() -> date:
    """The day in UTC. A due date of a person elsewhere is compared in that person's own zone, not with this."""
    return now().date()


@cache
def is_simulated() -> bool:
    """Whether this is a simulated database. Asked once per process: its owner decides it when making it."""
    with connection.cursor() as cursor:
        cursor.execute("select ctms_is_simulated()")
        return bool(cursor.fetchone()[0])
