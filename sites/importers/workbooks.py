"""The first sheet of an Excel file as rows of texts, read by hand, so that no file costs more than its rows are worth.

Libraries build objects from whatever a package holds: 50 KB can unpack to millions of cells, strings or styles and take
minutes and gigabytes. Here expat calls back and nothing is kept but the cells of a table; document types, and
with them entities, are refused; and there is an end to everything.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from xml.parsers import expat

from sites.importers.cells import (
    IS_BROKEN,
    IS_FORMULA,
    LAST_ROW,
    LONGEST_TEXT,
    MOST_COLUMNS,
    Bad,
    UnreadableTable,
    trimmed,
)

_MOST_UNPACKED = 40_000_000  # bytes
_MOST_ELEMENTS = 3_000_000
_MOST_IN_A_ROW = 17_000  # a sheet has 16,384 columns
_MOST_STYLES = 65_500  # Excel's own limit
_CHUNK = 1 << 16
_OFFICE, _STRINGS, _STYLES, _SHEET = "/officeDocument", "/sharedStrings", "/styles", "/worksheet"
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")
_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?(E[-+]?\d{1,3})?", re.IGNORECASE)
_ZEROS = re.compile("0{2,20}")
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_DAMAGED = "This Excel file is damaged or encrypted, or no workbook at all."
_TOO_MUCH = "This Excel file unpacks to more than a table of this size can be."
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, ValueError, IndexError, OverflowError, RuntimeError,
    NotImplementedError, EOFError,
)  # fmt: skip
Cells = list["str | Bad"]


def workbook_rows(content: bytes) -> Iterator[tuple[int, Cells]]:
    """(number, cells) of each row of the first sheet that holds anything.

    Raises:
        UnreadableTable: it is no workbook, or costs more to read than a table may.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(part.file_size for part in package.infolist()) > _MOST_UNPACKED:
                raise UnreadableTable(_TOO_MUCH)
            yield from _Book(package).rows()
    except _DAMAGE as error:
        raise UnreadableTable(_DAMAGED) from error


class _Part:
    """What is taken from one part of the package: told of its elements by local name, and of texts where it asks."""

    def __init__(self) -> None:
        self.said: list[str] | None = None  # gathers text while it is a list

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, data: str) -> None:
        if self.said is not None:
            self.said.append(data)

    def taken(self) -> str:
        """The text gathered since `said` became a list; no longer than matters."""
        text = "".join(self.said or ())[: LONGEST_TEXT * 8]
        self.said = None
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)[: LONGEST_TEXT + 1]


class _Relations(_Part):
    """By end of its type and by id, where each related part lies."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self.base = posixpath.dirname(part)
        self.found: dict[str, tuple[str, str]] = {}

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes["Target"]
            path = target.lstrip("/") if target.startswith("/") else posixpath.join(self.base, target)
            self.found[attributes["Id"]] = (attributes["Type"], posixpath.normpath(path))

    def first(self, kind: str) -> str:
        return next((path for type_, path in self.found.values() if type_.endswith(kind)), "")


class _Sheets(_Part):
    """The ids of the sheets in their order, and from when days are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.is_1904 = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            self.ids.append(attributes["id"])
        elif name == "workbookPr":
            self.is_1904 = attributes.get("date1904") in ("1", "true")


class _Strings(_Part):
    """The texts that cells share."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self.parts: list[str] = []
        self.is_phonetic = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self.parts = []
        elif name == "rPh":
            self.is_phonetic = True
        elif name == "t" and not self.is_phonetic:
            self.said = []

    def end(self, name: str) -> None:
        if name == "t" and self.said is not None:
            self.parts.append(self.taken())
        elif name == "rPh":
            self.is_phonetic = False
        elif name == "si":
            self.strings.append("".join(self.parts)[: LONGEST_TEXT + 1])


class _Styles(_Part):
    """The number format of each style of cells."""

    def __init__(self) -> None:
        super().__init__()
        self.named: dict[int, str] = {}
        self.formats: list[int] = []
        self.is_of_cells = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self.named[int(attributes["numFmtId"])] = attributes["formatCode"]
        elif name == "cellXfs":
            self.is_of_cells = True
        elif name == "xf" and self.is_of_cells:
            if max(len(self.formats), len(self.named)) >= _MOST_STYLES:
                raise UnreadableTable(_TOO_MUCH)
            self.formats.append(int(attributes.get("numFmtId", 0)))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self.is_of_cells = False


class _Book:
    """A package, read part by part; all its elements together have an end."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self.package = package
        self.elements = 0
        root = self._related("")
        where = root.first(_OFFICE)
        self.sheets = _Sheets()
        self._read(where, self.sheets)
        related = self._related(where)
        kinds = [related.found[id_] for id_ in self.sheets.ids if id_ in related.found]
        self.sheet = next(path for kind, path in kinds if kind.endswith(_SHEET))
        self.strings, self.styles = _Strings(), _Styles()
        for kind, part in ((_STRINGS, self.strings), (_STYLES, self.styles)):
            if path := related.first(kind):
                self._read(path, part)

    def rows(self) -> Iterator[tuple[int, Cells]]:
        cells = _Cells(self)
        for _ in self._chunks(self.sheet, cells):
            yield from cells.rows
            cells.rows.clear()

    def format_of(self, style: str) -> str:
        """The code of a style's number format, such as "d mmm yyyy"."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS  # here, so that starting does not wait for it

        number = self.styles.formats[int(style)] if style and self.styles.formats else 0
        return self.styles.named.get(number) or str(BUILTIN_FORMATS.get(number, "General"))

    def _related(self, part: str) -> _Relations:
        relations = _Relations(part)
        folder, name = posixpath.split(part)
        self._read(posixpath.join(folder, "_rels", f"{name}.rels"), relations)
        return relations

    def _read(self, path: str, part: _Part) -> None:
        for _ in self._chunks(path, part):
            pass

    def _chunks(self, path: str, part: _Part) -> Iterator[None]:
        """Tells the part what stands at this path, piece by piece."""
        parser = expat.ParserCreate(namespace_separator=" ")

        def begin(name: str, attributes: dict[str, str]) -> None:
            self.elements += 1
            if self.elements > _MOST_ELEMENTS:
                raise UnreadableTable(_TOO_MUCH)
            part.begin(_local(name), {_local(key): value for key, value in attributes.items()})

        def refuse(*_: Any) -> None:
            raise UnreadableTable("This Excel file declares entities, which no spreadsheet program writes.")

        parser.StartElementHandler = begin
        parser.EndElementHandler = lambda name: part.end(_local(name))
        parser.CharacterDataHandler = part.text
        parser.StartDoctypeDeclHandler = refuse
        parser.buffer_text = True
        with self.package.open(path) as source:
            while chunk := source.read(_CHUNK):
                parser.Parse(chunk, False)
                yield
        parser.Parse(b"", True)
        yield


class _Cells(_Part):
    """The rows of a sheet, as far as they are complete."""

    def __init__(self, book: _Book) -> None:
        super().__init__()
        self.book = book
        self.rows: list[tuple[int, Cells]] = []
        self.row, self.place, self.count = 0, -1, 0
        self.cells: Cells = []
        self.kind = self.style = self.value = ""
        self.formula: str | None = None
        self.texts: list[str] = []
        self.is_phonetic = False
        self.formats: dict[str, tuple[bool, int]] = {}

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self.count += 1
            if self.count > _MOST_IN_A_ROW:
                raise UnreadableTable(_TOO_MUCH)
            match = _ADDRESS.fullmatch(attributes["r"]) if "r" in attributes else None
            self.place = _place(match[1]) if match else self.place + 1
            self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "")
            self.value, self.formula, self.texts = "", None, []
        elif name == "row":
            number = int(attributes.get("r", self.row + 1))
            if number <= self.row:
                raise ValueError
            if number > LAST_ROW:
                raise UnreadableTable(f"The file goes on below row {LAST_ROW:,}: delete what stands there.")
            self.row, self.place, self.count, self.cells = number, -1, 0, []
        elif name == "rPh":
            self.is_phonetic = True
        elif name in ("v", "f") or (name == "t" and not self.is_phonetic):
            self.said = []

    def end(self, name: str) -> None:
        if name == "v":
            self.value = self.taken()
        elif name == "f":
            self.formula = self.taken()
        elif name == "t" and self.said is not None:
            self.texts.append(self.taken())
        elif name == "rPh":
            self.is_phonetic = False
        elif name == "c":
            self._take()
        elif name == "row" and self.cells:
            self.rows.append((self.row, self.cells))
            self.cells = []

    def _take(self) -> None:
        cell = self._cell()
        if cell == "":
            return
        if self.place >= MOST_COLUMNS:
            raise UnreadableTable(f"Row {self.row} has more than {MOST_COLUMNS} columns.")
        self.cells += [""] * (self.place + 1 - len(self.cells))
        self.cells[self.place] = cell

    def _cell(self) -> "str | Bad":
        if self.formula is not None:
            return Bad(f"={self.formula}"[:60], IS_FORMULA)
        if self.kind == "inlineStr":
            return trimmed("".join(self.texts))
        if not self.value:
            return ""
        if self.kind == "e":
            return Bad(self.value[:60], IS_BROKEN)
        if self.kind == "s":
            return trimmed(self.book.strings.strings[int(self.value)])
        if self.kind == "b":
            return "yes" if self.value == "1" else "no"
        return self._number() if self.kind == "n" else trimmed(self.value)

    def _number(self) -> str:
        """A number as it is shown: as a day, with its zeros in front, or as it is."""
        if not _NUMBER.fullmatch(self.value):
            raise ValueError
        number = float(self.value)
        if self.style not in self.formats:
            self.formats[self.style] = _shown(self.book.format_of(self.style))
        is_day, zeros = self.formats[self.style]
        if is_day:
            return self._day(number)
        whole = number.is_integer() and abs(number) < 1e15
        return str(int(number)).zfill(zeros) if whole else f"{number:.15g}"

    def _day(self, number: float) -> str:
        from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

        value = from_excel(number, MAC_EPOCH if self.book.sheets.is_1904 else WINDOWS_EPOCH)
        if isinstance(value, datetime):
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        return value.isoformat() if isinstance(value, date | time) else str(value)


def _shown(code: str) -> tuple[bool, int]:
    """Whether a number of this format is a day, and how many digits it has at least."""
    from openpyxl.styles.numbers import is_date_format

    return bool(is_date_format(code)), len(code) if _ZEROS.fullmatch(code) else 0


def _place(letters: str) -> int:
    """A -> 0, AA -> 26."""
    place = 0
    for one in letters:
        place = place * 26 + ord(one) - 64
    return place - 1


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
