"""Whole lists as JSON lines or CSV: PostgreSQL writes them, COPY carries them, nothing is kept in memory.

As the app's login, so row-level security holds; in one snapshot, so all rows are of one moment.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import StreamingHttpResponse
from psycopg import ClientCursor, sql
from rest_framework.renderers import BaseRenderer

from ctms.core.acting import Channel, acting
from ctms.core.protocols import journal
from ctms.web.files import FORMULA, UNSEEN
from ctms.web.transactions import stream

# JSON has no control characters, so nothing is ever quoted with these.
_JSON_LINES = "with (format csv, quote e'\\x01', delimiter e'\\x02')"
_CSV = "with (format csv)"
_PIECE = 1 << 16  # bytes; COPY hands out single rows, each of which would be a write to the socket


class JsonLines(BaseRenderer):
    media_type = "application/x-ndjson"
    format = "jsonl"


class Csv(BaseRenderer):
    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"


@dataclass(frozen=True)
class Rows:
    """What is written.

    Args:
        query: a SELECT with %s for its values.
        names: of its columns, in order.
        texts: those of them that hold what people typed; in CSV, what a spreadsheet would compute is defused.
        simulated: what a simulated database made up of them; then each row says so.
    """

    query: str
    values: Sequence[Any]
    names: Sequence[str]
    texts: frozenset[str] = frozenset()
    simulated: str = ""

    def copy(self, format: str) -> str:
        """The COPY statement, complete."""
        columns = sql.SQL(", ").join(map(sql.Identifier, self.names))
        shown = [self._shown(name, format) for name in self.names]
        if self.simulated:
            shown.append(sql.SQL("{}::text as simulated").format(sql.Literal(self.simulated)))
        body = sql.SQL("select {} from ({{}}) as t({})").format(sql.SQL(", ").join(shown), columns)
        if format == JsonLines.format:
            body = sql.SQL("select row_to_json(r) from ({}) as r").format(body)
        how = _JSON_LINES if format == JsonLines.format else _CSV
        outer = sql.SQL("copy ({}) to stdout {}").format(body, sql.SQL(how)).as_string(connection.connection)
        head, tail = outer.split("{}")
        return head + ClientCursor(connection.connection).mogrify(self.query, self.values) + tail

    def _shown(self, name: str, format: str) -> sql.Composable:
        column = sql.Identifier("t", name)
        if format != Csv.format or name not in self.texts:
            return column
        # Most text begins with a letter or a digit, which is quickly seen.
        defused = (
            "case when ascii({0}) between 65 and 122 or ascii({0}) between 48 and 57 then {0} "
            "when left(ltrim({0}, {1}), 1) = any({2}) then '''' || {0} else {0} end as {3}"
        )
        return sql.SQL(defused).format(column, UNSEEN, list(FORMULA), sql.Identifier(name))

    def head(self) -> bytes:
        """CSV's first line. Names are ours: none needs quoting."""
        return ",".join([*self.names, *(["simulated"] if self.simulated else [])]).encode() + b"\n"


def exported(
    rows: Callable[[], Iterable[Rows]], *, format: str, file_name: str, title: str, user: Any, detail: dict[str, Any]
) -> StreamingHttpResponse:
    """The download, and its entry in the access log.

    Args:
        rows: called when the first byte is wanted; several are written one after the other, and have the same columns.
    """
    with acting(user, reason=f"Export of {title.lower()}", channel=Channel.API):
        journal().record("EXPORTED", user=user, subject=title, detail={"format": format, **detail})
    kind = JsonLines.media_type if format == JsonLines.format else f"{Csv.media_type}; charset=utf-8"
    response = stream(lambda: _pieces(rows(), format), content_type=kind, file_name=f"{file_name}.{format}")
    response["Cache-Control"] = "no-store"
    return response


def _pieces(parts: Iterable[Rows], format: str) -> Iterator[bytes]:
    for number, part in enumerate(parts):
        if not number and format == Csv.format:
            yield part.head()
        yield from _copied(part.copy(format))


def _copied(statement: str) -> Iterator[bytes]:
    """The first row at once, the rest in pieces."""
    waiting: list[bytes] = []
    size, limit = 0, 0
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        for row in copy:
            waiting.append(bytes(row))
            size += len(row)
            if size >= limit:
                yield b"".join(waiting)
                waiting, size, limit = [], 0, _PIECE
    if waiting:
        yield b"".join(waiting)
