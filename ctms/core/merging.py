"""Bringing many rows to what a source says, in a fixed number of statements however many they are."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


@dataclass
class Tally:
    """How many rows of each kind an import created, changed and left alone; kinds are the models' plural names."""

    created: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)

    def count(self, model: type[models.Model], *, created: int = 0, changed: int = 0, unchanged: int = 0) -> None:
        kind = str(model._meta.verbose_name_plural).replace(" ", "_")
        self.created[kind] += created
        self.changed[kind] += changed
        self.unchanged[kind] += unchanged

    @property
    def is_idle(self) -> bool:
        """Whether nothing at all was written."""
        return not (self.created.total() or self.changed.total())


def merge(
    existing: Iterable[M],
    wanted: Sequence[M],
    *,
    key: Callable[[M], Hashable],
    fields: Sequence[str],
    tally: Tally,
    only_fill: bool = False,
) -> dict[Hashable, M]:
    """Inserts the wanted rows that are missing and updates those whose `fields` differ; never deletes.

    At most one INSERT and one UPDATE. Returns key -> the row as stored, for the wanted keys.

    Args:
        only_fill: take over only what is empty so far; for rows that several sources share.
    """
    stored = {key(row): row for row in existing}
    new: list[M] = []
    differing: list[M] = []
    for row in wanted:
        present = stored.get(key(row))
        if present is None:
            new.append(row)
        elif _take_over(present, row, fields, only_fill=only_fill):
            differing.append(present)
    if not wanted:
        return {}
    model = type(wanted[0])
    model._default_manager.bulk_create(new)
    if differing:
        model._default_manager.bulk_update(differing, fields)
    same = len(wanted) - len(new) - len(differing)
    tally.count(model, created=len(new), changed=len(differing), unchanged=same)
    stored.update((key(row), row) for row in new)
    return {key(row): stored[key(row)] for row in wanted}


def _take_over(present: models.Model, row: models.Model, fields: Sequence[str], *, only_fill: bool) -> bool:
    """Sets what differs; tells whether anything did."""
    differs = False
    for name in fields:
        column: Any = present._meta.get_field(name)
        ours, value = getattr(present, column.attname), getattr(row, column.attname)
        if ours != value and not (only_fill and ours not in (None, "")):
            setattr(present, column.attname, value)
            differs = True
    return differs
