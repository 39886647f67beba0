"""The time. Read at the edges only; rules get it as `at`, so they can be tested on any day."""

from datetime import UTC, date, datetime

from django.db import connection

from ctms.core.acting import simulated_now


def now() -> datetime:
    """The instant, in UTC: the server's own clock or, in a simulated database, the demo's. Same as SQL `ctms_now()`."""
    with connection.cursor() as cursor:
        cursor.execute("select ctms_now()")
        return cursor.fetchone()[0].astimezone(UTC)


def today() -> date:
    """The day in UTC. A due date of a person elsewhere is compared in that person's own zone, not with this."""
    return (simulated_now() or now()).date()
