"""The visit schedule as a picture: one lane per contact, its window as a bar, its day as a mark; SVG, drawn here.

Shapes say how a contact takes place (circle: in person; diamond: not in person), so nothing depends on colour. All
looks come from CSS classes; a narrow variant is drawn for phones, because a shrunken one could not be read: there a
day has hardly a pixel, so marks are smaller and windows stand out above and below them.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import ceil, floor

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ctms.studies.models import ScheduledContact
from ctms.studies.wording import day_words, window_words, with_minus

_DAY = timedelta(days=1)
_ROW, _TOP = 28, 34


def schedule_pictures(contacts: Sequence[ScheduledContact]) -> SafeString:
    """The wide and the narrow picture; CSS shows one of them. Nothing for a schedule in which no contact has a day."""
    if not any(contact.day is not None for contact in contacts):
        return mark_safe("")
    return _picture(contacts, width=1100, labels=250, kind="wide") + _picture(
        contacts, width=360, labels=112, kind="narrow"
    )


def _picture(contacts: Sequence[ScheduledContact], *, width: int, labels: int, kind: str) -> SafeString:
    axis = _Axis(contacts, left=labels, right=width - 18)
    height = _TOP + _ROW * len(contacts) + 6
    return format_html(
        '<svg class="p-schedule c-chart c-chart--{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>',
        kind, width, height,
        "Visit schedule: days and windows of each contact. The table below says the same in words.",
        format_html_join("", "{}", ((part,) for part in _grid(axis, height))),
        format_html_join("", "{}", ((_lane(axis, contact, row, kind),) for row, contact in enumerate(contacts))),
    )  # fmt: skip


class _Axis:
    """Days to pixels, over all days and windows of the schedule."""

    def __init__(self, contacts: Sequence[ScheduledContact], *, left: int, right: int) -> None:
        nothing = timedelta()
        placed = [(contact.day, contact) for contact in contacts if contact.day is not None]
        self.first = min(floor((day - (contact.window_before or nothing)) / _DAY) for day, contact in placed)
        self.last = max(ceil((day + (contact.window_after or nothing)) / _DAY) for day, contact in placed)
        self.last = max(self.last, self.first + 1)
        self.left, self.right = left + 12, right

    def x(self, day: timedelta) -> float:
        return round(self.left + (self.right - self.left) * (day / _DAY - self.first) / (self.last - self.first), 1)

    def ticks(self) -> Iterator[int]:
        """Round days, four to ten of them."""
        span = self.last - self.first
        most = 10 if self.right - self.left > 500 else 4
        step = next(
            step for step in (1, 2, 7, 14, 28, 56, 84, 168, 364, 728, 3640, 36400, 364000) if span / step <= most
        )
        yield from range(ceil(self.first / step) * step, self.last + 1, step)


def _grid(axis: _Axis, height: int) -> Iterator[SafeString]:
    for day in axis.ticks():
        x = axis.x(timedelta(days=day))
        kind = "zero" if day == 0 else "grid"
        yield format_html(
            '<line class="p-schedule__{}" x1="{}" x2="{}" y1="{}" y2="{}"/>', kind, x, x, _TOP - 8, height - 4
        )
        yield format_html(
            '<text class="p-schedule__tick" x="{}" y="16" text-anchor="middle">{}</text>', x, with_minus(day)
        )


def _lane(axis: _Axis, contact: ScheduledContact, row: int, kind: str) -> SafeString:
    middle = _TOP + _ROW * row + _ROW / 2
    words = f"{contact.label}: {day_words(contact.day)}, {window_words(contact.window_before, contact.window_after)}"
    label = contact.label if kind == "wide" or len(contact.label) <= 16 else contact.label[:15] + "…"
    return format_html(
        '<g><title>{}</title><rect class="p-schedule__row" x="0" y="{}" width="100%" height="{}"/>'
        '<text class="p-schedule__label" x="4" y="{}">{}</text>{}</g>',
        words, middle - _ROW / 2, _ROW, middle + 4, label, _mark(axis, contact, middle, kind),
    )  # fmt: skip


def _mark(axis: _Axis, contact: ScheduledContact, middle: float, kind: str) -> SafeString:
    if contact.day is None:
        return format_html(
            '<text class="p-schedule__none" x="{}" y="{}">no day in the source</text>', axis.left, middle + 4
        )
    x = axis.x(contact.day)
    size, height = (5, 12) if kind == "wide" else (3, 20)
    bar = SafeString()
    if contact.window_before is not None or contact.window_after is not None:
        begin = axis.x(contact.day - (contact.window_before or timedelta()))
        end = axis.x(contact.day + (contact.window_after or timedelta()))
        bar = format_html(
            '<rect class="p-schedule__window" x="{}" y="{}" width="{}" height="{}" rx="3"/>',
            begin, middle - height / 2, round(max(end - begin, 2), 1), height,
        )  # fmt: skip
    shape = '<circle class="p-schedule__mark" cx="{0}" cy="{1}" r="{2}"/>'
    if not is_in_person(contact):
        diamond = "M{0},{1}m0,-{3}l{3},{3} -{3},{3} -{3},-{3}z"
        shape = f'<path class="p-schedule__mark p-schedule__mark--remote" d="{diamond}"/>'
    return bar + format_html(shape, x, middle, size, size + 1)


def is_in_person(contact: ScheduledContact) -> bool:
    """Whether the contact takes place face to face; unknown counts as yes. Modes are those of its visit."""
    return not contact.modes or any("person" in mode.casefold() for mode in contact.modes)
