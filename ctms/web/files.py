"""A list as a file: exactly this view, with a footer that says what it is, and no cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from ctms.web.columns import Column
from ctms.web.transactions import stream

XLSX_AT_ONCE = 5_000  # rows; more take too long for a request and are prepared in the background
XLSX_ROWS = 1_000_000  # about what a sheet can hold; CSV has no limit
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
            "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}", "|", "%")  # fmt: skip

UNSEEN = " \n\x0b\x0c\xa0\xad\u200b\u200c\u200d\u2060\ufeff"  # some programs drop these before they look


@dataclass(frozen=True)
class View:
    """What is exported, and what the footer says of it.

    Args:
        simulated: what a simulated database made up of it. Then each row says so in a last column, because rows are
            copied out of files without their footer; and the file's name does, for who has not opened it yet.
    """

    title: str
    columns: Sequence[Column]
    rows: Any  # a queryset, in the order of the page
    file_name: str
    filters: str
    by: str
    at: datetime
    simulated: str = ""

    @property
    def marked_columns(self) -> Sequence[Column]:
        mark = Column("simulated", "Simulated", lambda row: self.simulated)
        return [*self.columns, mark] if self.simulated else self.columns

    def named(self, kind: str) -> str:
        return f"{self.file_name}{'-simulated' if self.simulated else ''}.{kind}"

    def footer(self) -> list[str]:
        return [
            f"{self.title}. Filters: {self.filters}.",
            f"From the CTMS as of {self.at:%-d %b %Y %H:%M} UTC, exported by {self.by}.",
        ]


def as_csv(view: View) -> StreamingHttpResponse:
    """UTF-8 with a byte order mark, so that Excel reads it right; streamed, all rows from one moment.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    return stream(lambda: _csv_lines(view), content_type="text/csv; charset=utf-8", file_name=view.named("csv"))


def as_xlsx(view: View) -> HttpResponse:
    """The workbook of a list as an answer."""
    response = HttpResponse(workbook(view), content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(True, view.named("xlsx"))
    return response


def workbook(view: View, written: Callable[[int], None] = lambda rows: None) -> bytes:
    """A workbook with typed cells; texts stay texts whatever they begin with.

    Args:
        written: told now and then how many rows are.
    """
    import xlsxwriter  # here, so that starting the server does not wait for it

    buffer = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False, "default_date_format": "d mmm yyyy", "remove_timezone": True}  # fmt: skip
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet, columns = book.add_worksheet("List"), view.marked_columns
        bold = book.add_format({"bold": True})
        for place, column in enumerate(columns):
            sheet.set_column(place, place, max(12, len(column.label) + 2))
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, [column.label for column in columns], bold)
        lines = view.footer()
        at = 0
        for row in view.rows[: XLSX_ROWS + 1].iterator(chunk_size=2000):
            if at == XLSX_ROWS:
                lines.append(f"Cut at {XLSX_ROWS:,} rows: the CSV export has all.")
                break
            at += 1
            for place, column in enumerate(columns):
                _write(sheet, at, place, column.value(row))
            if at % 50 == 0:
                written(at)
        for place, line in enumerate(lines, start=at + 2):
            sheet.write_string(place, 0, line)
    return buffer.getvalue()


MAKERS: dict[str, Callable[[View], HttpResponseBase]] = {"csv": as_csv, "xlsx": as_xlsx}


def defused(text: str) -> str:
    """The text with an apostrophe in front if a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip(UNSEEN).startswith(FORMULA) else text


def _csv_lines(view: View) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def taken() -> bytes:
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text.encode()

    yield b"\xef\xbb\xbf"
    columns = view.marked_columns
    writer.writerow(_texts(column.label for column in columns))
    for row in view.rows.iterator(chunk_size=2000):
        writer.writerow(_texts(column.value(row) for column in columns))
        if buffer.tell() > 1 << 16:
            yield taken()
    writer.writerows([[]] + [[line] for line in view.footer()])
    yield taken()


def _texts(values: Iterable[Any]) -> list[str]:
    return [_plain(value) for value in values]


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return str(value)
    return defused(str(value))


def _write(sheet: Any, row: int, place: int, value: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, datetime):
        sheet.write_datetime(row, place, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, datetime.combine(value, time()))
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, str(value)[:32_767])
