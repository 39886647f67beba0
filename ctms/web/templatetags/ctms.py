"""Our template tags and filters; built in, so no template loads them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import lucide
from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.forms import ChoiceField, Field, ModelChoiceField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from ctms.core.partial_dates import PartialDate
from ctms.core.signables import words
from ctms.core.wording import counted, inside
from ctms.web import charts, styles

register = template.Library()
_HASH = re.compile(r"[0-9a-f]{64}")
_WIDE = 36  # letters that a column of a form has room for
_LONG = 20  # rows of a list of signed content that are shown at once

register.simple_tag(charts.bullet)
register.filter(counted)
register.filter(inside)


@register.simple_tag
def icon(name: str, size: int = 18) -> SafeString:
    """A lucide icon as inline SVG, hidden from screen readers: the words beside it say the same."""
    return _icon(name, size)


@cache
def _icon(name: str, size: int) -> SafeString:
    drawn = lucide._render_icon(name, size, **{"class": "c-icon", "aria-hidden": "true", "stroke-width": "1.75"})
    return mark_safe(" ".join(drawn.split()))


@register.simple_tag
def stylesheets() -> SafeString:
    """The links to our styles: each sheet while DEBUG is on, one bundle otherwise."""
    sheets = styles.addresses(debug=settings.DEBUG)
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', ((static(sheet),) for sheet in sheets))


@register.filter
def day(value: date | datetime | PartialDate | None) -> str:
    """12 Nov 2026, for everything that has a day; Nov 2026 or 2026 where the rest is not known."""
    if not value:
        return ""
    if isinstance(value, PartialDate):
        return value.display()
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return PartialDate(value.year, value.month, value.day).display()


@register.filter
def utc(instant: datetime | None) -> str:
    """12 Nov 2026 14:05 UTC. What has no time zone is not an instant and raises."""
    if not instant:
        return ""
    if timezone.is_naive(instant):
        raise ValueError(f"{instant!r} has no time zone.")
    instant = instant.astimezone(UTC)
    return f"{day(instant.date())} {instant:%H:%M} UTC"


@register.filter
def in_zone(instant: datetime, zone: str) -> str:
    """12 Nov 2026 15:05 CET (Europe/Berlin): an instant as a clock in that IANA zone showed it."""
    there = instant.astimezone(ZoneInfo(zone))
    return f"{day(there.date())} {there:%H:%M %Z} ({zone})"


@register.filter
def signed_parts(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Signed content in the order it has, as parts to draw: facts that stand together, tables, lists with nothing."""
    facts: list[dict[str, str]] = []
    for label, value in content.items():
        if not isinstance(value, list):
            facts.append({"label": label, "value": words(value)})
            continue
        if facts:
            yield {"facts": facts}
            facts = []
        if not value:
            facts.append({"label": label, "value": "None"})
        else:
            rows = [row if isinstance(row, Mapping) else {label: row} for row in value]
            yield {
                "label": label,
                # A list's own name is above it already.
                "columns": [{"label": name} for name in rows[0]] if list(rows[0]) != [label] else [],
                "rows": [[words(cell) for cell in row.values()] for row in rows],
                "is_long": len(rows) > _LONG,
            }
    if facts:
        yield {"facts": facts}


@register.filter
def is_hash(cell: str) -> bool:
    """Whether a cell of signed content is a SHA-256: a column of them says nothing to who reads the row."""
    return bool(_HASH.fullmatch(cell))


@register.filter
def grouped(number: int) -> str:
    """1,200."""
    return f"{number:,}"


@register.filter
def signed(number: float | Decimal) -> str:
    """+12 and −12 with a true minus sign; 0 has no sign."""
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return f"{sign}{abs(number):,}"


@register.filter
def initials(name: str) -> str:
    """The first letters of the first and the last name."""
    words = name.split()
    return "".join(word[0] for word in words[:1] + words[1:][-1:]).upper()


@register.filter
def has_long_choices(field: Field) -> bool:
    """Whether a choice is longer than a column of a form is wide; of rows of a table nobody looks beforehand."""
    if not isinstance(field, ChoiceField) or isinstance(field, ModelChoiceField):
        return False
    choices: Any = field.choices
    return any(isinstance(label, str) and len(label) > _WIDE for _, label in choices)


@register.filter
def optional(field: Field) -> str:
    """What stands beside a form field's label: "optional", unless it must or cannot be filled in."""
    return "" if field.required or field.disabled else "optional"


@register.filter
def beside(left: Iterable[Any], right: Iterable[Any]) -> Iterable[tuple[Any, Any]]:
    """Two lists of the same length in step: {% for column, cell in columns|beside:cells %}."""
    return zip(left, right, strict=True)


@register.filter
def undo(message: Message) -> str:
    """The address that takes back what a message reports; "" where there is none."""
    tags = message.extra_tags or ""
    return tags.removeprefix("undo:") if tags.startswith("undo:") else ""


@register.filter
def spoken(code: str) -> str:
    """A code in words: NOT_YET_RECRUITING -> Not yet recruiting."""
    return str(code).replace("_", " ").strip().capitalize()
