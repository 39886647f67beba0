"""A file's bytes as a table of texts. Nothing in it is computed: a cell that holds a formula is named and refused."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sites.importers.cells import (
    IS_BROKEN,
    IS_FORMULA,
    LONGEST_TEXT,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    Bad,
    UnreadableTable,
    trimmed,
)
from sites.importers.workbooks import Cells, workbook_rows

_SEPARATORS = ",;\t"
_SAYS_SEPARATOR = re.compile(r"sep=([,;\t])\r?\n")
_FORMULA = re.compile(
    "[=\N{FULLWIDTH EQUALS SIGN}]|[-+@\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}].*[(!|=+*/@]"
)
_BROKEN = ("#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!")


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong with one cell, or with a whole row or column where `column` or `row` says no more.

    Args:
        row: as spreadsheets count, the headings being row 1.
        column: its letter and heading, "C (City)".
    """

    row: int
    column: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank: texts by column number, from 0."""

    number: int
    cells: tuple[str, ...]


@dataclass(slots=True)
class Table:
    """What a file holds."""

    headings: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)

    def column(self, place: int) -> str:
        """A column as people find it: "C (City)"."""
        heading = self.headings[place] if place < len(self.headings) else ""
        return f"{letter(place)} ({heading})" if heading else letter(place)


def read_table(content: bytes, file_name: str) -> Table:
    """The first sheet of a workbook, or a CSV file in UTF-8, UTF-16 or Windows-1252, separated by , ; or tab.

    Raises:
        UnreadableTable: it is none, is too large, or has no rows.
    """
    if not content:
        raise UnreadableTable("The file is empty.")
    if len(content) > MOST_BYTES:
        raise UnreadableTable(f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    if content.startswith(b"PK\x03\x04"):
        table = _table(workbook_rows(content))
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableTable("This is an old or encrypted Excel file: save it as .xlsx without a password, or as CSV.")
    elif content.startswith((b"%PDF", b"{", b"<")):
        raise UnreadableTable(f"{file_name} is neither a CSV file nor an Excel workbook.")
    else:
        table = _table(_csv_rows(_decoded(content)))
    if not table.rows and not table.errors:
        raise UnreadableTable("The file has no rows below its headings.")
    return table


def letter(place: int) -> str:
    """A column's letter: 0 -> A, 26 -> AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _table(rows: Iterator[tuple[int, Cells]]) -> Table:
    table: Table | None = None
    for number, cells in rows:
        found = list(cells)
        while found and found[-1] == "":
            found.pop()
        if not found:
            continue
        if len(found) > MOST_COLUMNS:
            raise UnreadableTable(f"Row {number} has more than {MOST_COLUMNS} columns.")
        if table is None:
            table = Table(tuple((cell if isinstance(cell, str) else cell.value)[:60] for cell in found))
        else:
            if len(table.rows) >= MOST_ROWS:
                raise UnreadableTable(f"The file has more than {MOST_ROWS:,} rows: split it.")
            _take(table, number, found)
    if table is None:
        raise UnreadableTable("The file is empty.")
    return table


def _take(table: Table, number: int, found: list[Any]) -> None:
    texts = []
    for place, cell in enumerate(found):
        bad = cell if isinstance(cell, Bad) else _objection(cell)
        if bad is None and cell and place >= len(table.headings):
            bad = Bad(cell[:60], "No heading stands above this: the row has more cells than the table has columns.")
        if bad is not None:
            table.errors.append(CellError(number, table.column(place), bad.value, bad.message))
        texts.append("" if bad is not None else cell)
    texts += [""] * (len(table.headings) - len(texts))
    table.rows.append(Row(number, tuple(texts)))


def _objection(text: str) -> Bad | None:
    if _FORMULA.match(text):
        return Bad(text[:60], IS_FORMULA)
    if text in _BROKEN:
        return Bad(text, IS_BROKEN)
    if len(text) > LONGEST_TEXT:
        return Bad(f"{text[:60]}…", f"This is longer than {LONGEST_TEXT} characters.")
    if not text.isprintable():
        return Bad(text.encode("unicode_escape").decode()[:60], "This holds a line break or a character that hides.")
    if "\N{REPLACEMENT CHARACTER}" in text:
        return Bad(text[:60], "A letter was lost here before the file came to us: the program that saved it lost it.")
    return None


# Comma-separated


def _decoded(content: bytes) -> str:
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if is_utf16 else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise UnreadableTable("The file is no text in UTF-8, UTF-16 or Windows-1252.")


def _csv_rows(text: str) -> Iterator[tuple[int, Cells]]:
    said = _SAYS_SEPARATOR.match(text)  # a line that Excel reads and does not show
    text = text[said.end() :] if said else text
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = said[1] if said else max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cells[MOST_COLUMNS:]):
                raise UnreadableTable(f"Row {number} has more than {MOST_COLUMNS} columns.")
            yield number, [trimmed(cell) for cell in cells[:MOST_COLUMNS]]
    except csv.Error as error:
        raise UnreadableTable(f"The file cannot be read as CSV near line {reader.line_num}: {error}.") from error
