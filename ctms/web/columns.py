"""What a list shows: one declaration of columns feeds the page, CSV and XLSX alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from ctms.core import money

Kind = Literal["text", "number", "date", "status", "id"]
OnPhone = Literal["title", "main", "meta", "named", "hide"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        name: stable; what `?sort=` says.
        label: its heading.
        value: row -> the plain value, as exported: text, number, date.
        sort: the order fields behind it, all of them not null; none means it cannot be sorted by.
        sub: row -> a second, muted line on the page.
        tone: row -> the tone of a status chip: ok, watch, bad, info, mute, sign.
        phone: what becomes of it on a narrow screen, where rows are cards; "named" stands with its heading, even where
            it is empty.
        only_exported: in files, not on the page.
        machine: the model field or annotation behind it, as programs want it: a code, a number, a date. REST shows this
            under the column's name; a column without one is for people alone.
        generated: made up, not published, where the database is a simulated one; page and files say so.
    """

    name: str
    label: str
    value: Callable[[Any], Any]
    kind: Kind = "text"
    sort: tuple[str, ...] = ()
    sub: Callable[[Any], str] | None = None
    tone: Callable[[Any], str] | None = None
    phone: OnPhone = "meta"
    is_link: bool = False
    only_exported: bool = False
    generated: bool = False
    machine: str = ""

    def text(self, row: Any) -> str:
        """The value as people read it."""
        value = self.value(row)
        if value is None or value == "":
            return ""
        if isinstance(value, datetime):
            return f"{value:%-d %b %Y %H:%M} UTC"
        if isinstance(value, date):
            return f"{value:%-d %b %Y}"
        if isinstance(value, int):
            return f"{value:,}"
        if isinstance(value, Decimal):
            return money.words(value)
        return str(value)


def generated_words(columns: Iterable[Column]) -> str:
    """Which of these a simulated database made up: "status, since, enrollment"."""
    labels = [column.label for column in columns if column.generated]
    return ", ".join(label if label.isupper() else label.lower() for label in labels)
