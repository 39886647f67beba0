"""Reading one moment: a read-only transaction in which all queries see the same data."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

_reading_one_moment: ContextVar[bool] = ContextVar("reading_one_moment", default=False)


@contextmanager
def snapshot() -> Iterator[None]:
    """Runs the block in a repeatable-read, read-only transaction. Inside an open transaction it is just that one."""
    token = _reading_one_moment.set(True)
    try:
        with transaction.atomic():
            yield
    finally:
        _reading_one_moment.reset(token)


def first_statement() -> str:
    """What the engine says first in a new transaction; PostgreSQL takes it only before any query."""
    return "set transaction isolation level repeatable read, read only" if _reading_one_moment.get() else ""
