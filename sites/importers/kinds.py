"""The tables that can be read: their columns, one declaration for reading, for the template and for the help."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sites.importers.tables import CellError, Table
from sites.importers.values import read_text


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """One column.

    Args:
        name: what programs call it.
        heading: what stands in row 1; others understood are in `also`.
        read: text -> value; a ValueError's sentence becomes the cell's error.
        help: for the template.
        choices: the words to choose from, where there are some.
    """

    name: str
    heading: str
    read: Callable[[str], Any] = read_text
    required: bool = False
    also: tuple[str, ...] = ()
    help: str = ""
    example: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of table."""

    name: str
    label: str
    text: str
    columns: tuple[ColumnRule, ...]
    key: tuple[str, ...]  # the columns that no two rows may agree in


@dataclass(slots=True)
class Line:
    """A row as values by column name; None where a cell is empty. `said` is what stood there."""

    number: int
    values: dict[str, Any]
    said: dict[str, str]


@dataclass(slots=True)
class Reading:
    """The rows that could be read, and what is wrong with the others."""

    lines: list[Line]
    errors: list[CellError]
    unread: list[str]  # columns nobody knows
    columns: dict[str, str]  # column name -> as people find it

    def object(self, line: Line, column: str, message: str) -> None:
        """Notes what is wrong with one cell of a line."""
        where = self.columns.get(column, "")
        self.errors.append(CellError(line.number, where, line.said.get(column, ""), message))


def read_lines(table: Table, kind: Kind) -> Reading:
    """The table's rows by the kind's columns. Rows with any unreadable cell are left out and each cell is reported."""
    places = _places(table, kind)
    reading = Reading(
        [], list(table.errors), list(_unknown(table, places)),
        {name: table.column(place) for name, place in places.items()},
    )  # fmt: skip
    missing = [rule for rule in kind.columns if rule.required and rule.name not in places]
    for rule in missing:
        reading.errors.append(CellError(1, rule.heading, "", f"The column “{rule.heading}” is missing."))
    reading.errors += _doubled(table, kind)
    if missing:
        return reading
    damaged = {error.row for error in table.errors}
    seen: dict[tuple[Any, ...], int] = {}
    for row in table.rows:
        said = {name: row.cells[place] for name, place in places.items() if place < len(row.cells)}
        line = Line(row.number, {}, said)
        before = len(reading.errors)
        for rule in kind.columns:
            _read_cell(reading, line, rule, is_damaged=row.number in damaged)
        if len(reading.errors) > before or row.number in damaged:
            continue
        key = tuple(_folded(line.values.get(name)) for name in kind.key)
        if key in seen:
            reading.object(line, kind.key[0], f"Row {seen[key]} says the same {_names(kind)} already.")
            continue
        seen[key] = row.number
        reading.lines.append(line)
    return reading


def _read_cell(reading: Reading, line: Line, rule: ColumnRule, *, is_damaged: bool) -> None:
    text = line.said.get(rule.name, "")
    line.values[rule.name] = None
    if not text:
        if rule.required and not is_damaged:
            reading.object(line, rule.name, "This must not be empty.")
        return
    try:
        line.values[rule.name] = rule.read(text)
    except ValueError as error:
        reading.object(line, rule.name, str(error))


def _places(table: Table, kind: Kind) -> dict[str, int]:
    """Column name -> where it stands; the first of columns headed alike."""
    wanted = {_key(heading): rule.name for rule in kind.columns for heading in (rule.heading, *rule.also)}
    places: dict[str, int] = {}
    for place, heading in enumerate(table.headings):
        name = wanted.get(_key(heading))
        if name is not None:
            places.setdefault(name, place)
    return places


def _unknown(table: Table, places: Mapping[str, int]) -> Iterator[str]:
    known = set(places.values())
    for place, heading in enumerate(table.headings):
        if heading and place not in known:
            yield table.column(place)


def _doubled(table: Table, kind: Kind) -> Iterator[CellError]:
    wanted = {_key(heading): rule.name for rule in kind.columns for heading in (rule.heading, *rule.also)}
    seen: dict[str, int] = {}
    for place, heading in enumerate(table.headings):
        name = wanted.get(_key(heading))
        if name in seen:
            yield CellError(1, table.column(place), heading, f"Column {table.column(seen[name])} says the same.")
        elif name:
            seen[name] = place


def _names(kind: Kind) -> str:
    by_name = {rule.name: rule.heading.lower() for rule in kind.columns}
    return " and ".join(by_name[name] for name in kind.key)


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _key(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", heading.casefold())
