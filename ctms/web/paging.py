"""Keyset pages: page 10,000 costs what page 1 costs, and rows added meanwhile shift nothing."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet

_FAR_ZONE = re.compile(r"\d{4}-.*[+-](?:1[6-9]|2\d):?\d\d")  # further from UTC than PostgreSQL follows


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page and the cursors around it, None where there is nothing further."""

    rows: list[Any]
    after: str | None
    before: str | None

    @property
    def is_all(self) -> bool:
        """Whether this is the whole list, so that nothing needs to be counted."""
        return bool(self.rows) and self.after is None and self.before is None


def value_at(row: Any, path: str) -> Any:
    """What a record says at a path of fields: `facility__city`."""
    for step in path.split("__"):
        row = getattr(row, step)
    return row


def page_of(
    rows: QuerySet[Any], *, order: Sequence[str], size: int, after: str = "", before: str = "",
    value: Callable[[Any, str], Any] = value_at,
) -> Page:  # fmt: skip
    """One page of `rows` in this order.

    Args:
        order: order fields, "-" for descending, none of them null; the key is added as the last.
        after, before: a cursor from an earlier page; at most one is used.
        value: (row, order field) -> its value, where rows are no model instances.

    Raises:
        BadRequest: a cursor that is not one of ours.
    """
    order = whole(order)
    backwards = bool(before) and not after
    turned = tuple(_turn(name) for name in order) if backwards else order
    cursor = after or before
    if cursor:
        try:
            rows = rows.filter(_beyond(turned, _decode(cursor, len(turned))))
        except (ArithmeticError, TypeError, ValueError, ValidationError) as error:
            raise BadRequest("This page address belongs to another list: go back to the first page.") from error
    found = list(rows.order_by(*turned)[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], None, None)
    has_after, has_before = (True, more) if backwards else (more, bool(cursor))
    return Page(
        found,
        _encode(found[-1], order, value) if has_after else None,
        _encode(found[0], order, value) if has_before else None,
    )


def whole(order: Sequence[str]) -> tuple[str, ...]:
    """Order fields with the key as the last, so that rows that are alike stand in one order on pages and in files."""
    return (*order, "-pk" if order and order[-1].startswith("-") else "pk")


def _turn(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """The rows that come after these values: a > x, or a = x and b > y, or ..."""
    beyond = Q()
    same = Q()
    for name, value in zip(order, values, strict=True):
        field, descending = name.lstrip("-"), name.startswith("-")
        beyond |= same & Q(**{f"{field}__{'lt' if descending else 'gt'}": value})
        same &= Q(**{field: value})
    return beyond


def _encode(row: Any, order: Sequence[str], value: Callable[[Any, str], Any]) -> str:
    values = [value(row, name.lstrip("-")) for name in order]
    return urlsafe_b64encode(json.dumps(values, cls=DjangoJSONEncoder).encode()).decode().rstrip("=")


def _decode(cursor: str, length: int) -> list[Any]:
    try:
        values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as error:
        raise BadRequest("This page address is damaged: go back to the first page.") from error
    if not isinstance(values, list) or len(values) != length or not all(map(_is_plain, values)):
        raise BadRequest("This page address belongs to another order: go back to the first page.")
    return values


def _is_plain(value: Any) -> bool:
    """A number, or a text that the database takes, also where it is read as an instant."""
    if not isinstance(value, str):
        return isinstance(value, bool | int | float)
    return "\0" not in value and not re.search("[\ud800-\udfff]", value) and not _FAR_ZONE.fullmatch(value)
