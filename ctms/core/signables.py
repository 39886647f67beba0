"""What people sign: for each kind of record the content a signature covers, and the canonical form that is hashed.

Content is plain: text, whole numbers, yes or no, nothing, and lists and mappings of these, under the words a reader
knows. So the page shows what is hashed, whole, and neither locale nor time zone nor a float can change it. Only where
it is drawn, days are written out and codes become their words.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import Any

import rfc8785
from django.db import models
from django.utils import timezone, translation

from ctms.core import gathering
from ctms.core.wording import day_written_out

Content = Mapping[str, Any]

MEANINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "approval": (("APPROVED", "Approval"), ("REVIEWED_AND_APPROVED", "Review and approval")),
    "review": (("REVIEWED", "Review"),),
    "authorship": (("AUTHORED", "Authorship"),),
    "verification": (("VERIFIED", "Verification"),),
}
"""What a signature of each kind can mean: code -> words, in the order offered."""


@dataclass(frozen=True)
class Signable:
    """A kind of record that is signed.

    Args:
        model: its model.
        content: the signed content of one record, its children included, read from the database.
        outside: what may change without touching a signature, in words.
        url: the record's page.
        schema: counts up whenever `content` would say the same record differently.
        earlier: what `content` was under earlier schemas, by which older signatures are still compared.
        may_read: (person, record) -> whether somebody who sees the record sees all that is signed of it.
        codes: label -> the choices whose codes stand under it in the content.
    """

    model: type[models.Model]
    content: Callable[[Any], Content]
    outside: str
    url: Callable[[Any], str] = lambda record: ""
    schema: int = 1
    earlier: Mapping[int, Callable[[Any], Content]] = field(default_factory=dict)
    may_read: Callable[[Any, Any], bool] = lambda user, record: True
    codes: Mapping[str, Iterable[tuple[Any, str]]] = field(default_factory=dict)

    def content_of(self, record: Any, schema: int) -> Content:
        """The content as of a schema. In one language and time zone, should a model's words ever depend on them."""
        with translation.override("en"), timezone.override(UTC):
            return (self.content if schema == self.schema else self.earlier[schema])(record)

    def spoken(self, content: Content) -> Content:
        """The content with words instead of codes, to be drawn and compared by people; never to be hashed."""
        spoken: Content = self._spoken(content)
        return spoken

    def _spoken(self, value: Any, label: str = "") -> Any:
        if isinstance(value, Mapping):
            return {name: self._spoken(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self._spoken(one, label) for one in value]
        return dict(self.codes[label]).get(value, value) if label in self.codes else value


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where signed content is no longer what it was."""

    label: str
    old: str
    new: str


def declared() -> list[Signable]:
    """All kinds of records that are signed."""
    return gathering.instances("signing", Signable)


def signable(record: Any) -> Signable:
    """How records of this kind are signed; LookupError where they are not."""
    for one in declared():
        if one.model is type(record):
            return one
    raise LookupError(f"{record._meta.label} is not signed: declare it in a `signing` module of its room.")


def signed(record: Any, schema: int | None = None) -> Content:
    """What a signature under this record covers: its content, and which record of which sponsor it is.

    Args:
        schema: how the content is put down; today's way by default.
    """
    how = signable(record)
    schema = schema or how.schema
    content = how.content_of(record, schema)
    _check_plain(content, record._meta.label)
    return {
        "sponsor": record.sponsor_id, "record": record._meta.label, "id": record.pk, "schema": schema,
        "content": content,
    }  # fmt: skip


def sha256(whole: Content) -> str:
    """The hash of its canonical JSON (RFC 8785): whatever order its fields are in, and wherever it is worked out."""
    return hashlib.sha256(rfc8785.dumps(dict(whole))).hexdigest()


def exact(length: timedelta | None) -> str | None:
    """A length without loss, in words: "14 d", "−1 d 4 h"; None stays None, which is not the same as "0"."""
    if length is None:
        return None
    rest, parts = abs(length), []
    for size, unit in (
        (timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"), (timedelta(seconds=1), "s"),
        (timedelta(microseconds=1), "µs"),
    ):  # fmt: skip
        count, rest = divmod(rest, size)
        parts += [f"{count} {unit}"] if count else []
    sign = "\N{MINUS SIGN}" if length < timedelta() else ""
    return sign + " ".join(parts) if parts else "0"


def iso(day: date | None) -> str | None:
    """A day as 2024-03-11, whatever the language of the page."""
    return day.isoformat() if day else None


def differences(before: Any, after: Any, label: str = "") -> Iterator[Difference]:
    """Where two contents differ, place by place. Entries of a list belong together by their first field."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from differences(before.get(name), after.get(name), f"{label}, {name}" if label else name)
    elif isinstance(before, list) and isinstance(after, list) and any(map(_is_row, [*before, *after])):
        old, new = _by_name(before), _by_name(after)
        for name in [*old, *(name for name in new if name not in old)]:
            yield from differences(old.get(name), new.get(name), f"{label} “{name}”")
        if list(old) != list(new) and sorted(old) == sorted(new):
            yield Difference(f"{label}, order", ", ".join(old), ", ".join(new))
    elif before != after or type(before) is not type(after):
        yield Difference(label, words(before), words(after))


def words(value: Any) -> str:
    """A plain value as people read it, a day written out; "" for what is missing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {words(one)}" for name, one in value.items() if words(one))
    if isinstance(value, list):
        return ", ".join(map(words, value))
    return day_written_out(str(value))


def _is_row(value: Any) -> bool:
    return isinstance(value, Mapping)


def _by_name(rows: list[Any]) -> dict[str, Any]:
    """Rows by what their first field says; a second of the same name gets a number."""
    named: dict[str, Any] = {}
    for row in rows:
        name = first = words(next(iter(row.values()), "")) if _is_row(row) else words(row)
        count = 1
        while name in named:
            count += 1
            name = f"{first} ({count})"
        named[name] = row
    return named


def _check_plain(value: Any, where: str) -> None:
    if isinstance(value, Mapping):
        for name, one in value.items():
            _check_plain(one, f"{where}, {name}")
    elif isinstance(value, list):
        for one in value:
            _check_plain(one, where)
    elif value is not None and type(value) not in (str, int, bool):
        raise TypeError(f"{where}: {type(value).__name__} has no one canonical form; sign its exact text instead.")
