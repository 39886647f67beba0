"""Queries that every request asks: the ORM spells them once per process, PostgreSQL plans them once per connection."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Row = tuple[Any, ...]


class Compiled:
    """A query as a function of its values.

    Args:
        make: values by name -> the queryset, as `values_list`. It is called once, with stand-ins; so it must not look
            at the values, and its SQL must be the same for all of them.
        stand_ins: name -> a value of the right type that occurs nowhere else in the query.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]], **stand_ins: int | str | date) -> None:
        self.make, self.stand_ins = make, stand_ins
        self.sql = ""
        self.parts: tuple[tuple[str | None, Any], ...] = ()

    def __call__(self, **values: Any) -> list[Row]:
        """The rows for these values."""
        if not self.sql:
            self._spell()
        given = [values[name] if name else part for name, part in self.parts]
        with connection.planned_once(), connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute(self.sql, given)
            return list(cursor.fetchall())

    def _spell(self) -> None:
        query, parts = self.make(**self.stand_ins).query.sql_with_params()
        names = {value: name for name, value in self.stand_ins.items()}
        self.parts = tuple((names.get(part) if part.__hash__ else None, part) for part in parts)
        missing = set(self.stand_ins) - {name for name, _ in self.parts}
        if missing:
            raise LookupError(f"The query does not use {', '.join(sorted(missing))}.")
        self.sql = query
