"""Milestones over time as a picture: a lane each, with baseline, plan, forecast and actual as shapes; SVG, drawn here.

Shapes say what a mark is, so nothing depends on colour; a narrow variant is drawn for phones. The table on the page
says the same in words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ctms.milestones.models import State
from ctms.milestones.wording import slip_words, tone

LEGEND = (
    {"kind": "milestone-baseline", "label": "baseline"},
    {"kind": "milestone-plan", "label": "plan"},
    {"kind": "milestone-forecast", "label": "forecast"},
    {"kind": "milestone-actual", "label": "actual"},
)
_TOP = 34
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)


def gantt(milestones: Sequence[Any], *, today: date) -> SafeString:
    """The wide and the narrow picture; CSS shows one of them. Nothing where no milestone has a day."""
    dated = [one for one in milestones if any(_days(one))]
    if not dated:
        return mark_safe("")
    return _picture(dated, today, _WIDE) + _picture(dated, today, _NARROW)


def _days(one: Any) -> tuple[date | None, ...]:
    return one.baseline_on, one.planned_on, one.outlook.forecast_on, one.outlook.actual_on


@dataclass(frozen=True, slots=True)
class _Look:
    """How a picture is drawn: names stand left of their lanes or, on a phone, above them, so that none is cut off."""

    kind: str
    width: int
    left: int
    right: int
    row: int

    @property
    def is_wide(self) -> bool:
        return self.kind == "wide"


_WIDE = _Look("wide", 1120, 242, 1056, 26)
_NARROW = _Look("narrow", 360, 12, 348, 42)


class _Axis:
    """Days to pixels, over all days and today."""

    def __init__(self, milestones: Sequence[Any], today: date, look: _Look) -> None:
        days = [day for one in milestones for day in _days(one) if day] + [today]
        self.first, self.last = min(days) - timedelta(days=10), max(days) + timedelta(days=10)
        self.left, self.right = look.left, look.right

    def x(self, day: date) -> float:
        share = (day - self.first).days / (self.last - self.first).days
        return round(self.left + (self.right - self.left) * share, 1)

    def ticks(self) -> Iterator[date]:
        """First days of months, four to ten of them."""
        months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month
        most = 10 if self.right - self.left > 500 else 5
        step = next((step for step in _MONTHS if months / step <= most), _MONTHS[-1])
        number = self.first.year * 12 + self.first.month  # of the month after the first day, counted from year 0
        number = -(-number // step) * step
        while (day := date(number // 12, number % 12 + 1, 1)) <= self.last:
            yield day
            number += step


def _picture(milestones: Sequence[Any], today: date, look: _Look) -> SafeString:
    axis = _Axis(milestones, today, look)
    height = _TOP + look.row * len(milestones) + 6
    return format_html(
        '<svg class="p-gantt c-chart c-chart--{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>',
        look.kind, look.width, height,
        "Milestones over time: baseline, plan, forecast and actual of each. The table below says the same in words.",
        format_html_join("", "{}", ((part,) for part in _grid(axis, today, height))),
        format_html_join("", "{}", ((_lane(axis, one, row, look),) for row, one in enumerate(milestones))),
    )  # fmt: skip


def _grid(axis: _Axis, today: date, height: int) -> Iterator[SafeString]:
    for day in axis.ticks():
        x = axis.x(day)
        yield format_html('<line class="p-gantt__grid" x1="{}" x2="{}" y1="26" y2="{}"/>', x, x, height - 4)
        yield format_html('<text x="{}" y="16" text-anchor="middle">{}</text>', x, f"{day:%b} ’{day:%y}")
    x = axis.x(today)
    yield format_html(
        '<line class="p-gantt__today" x1="{}" x2="{}" y1="26" y2="{}"><title>Today, {}</title></line>',
        x, x, height - 4, f"{today:%-d %b %Y}",
    )  # fmt: skip


def _lane(axis: _Axis, one: Any, row: int, look: _Look) -> SafeString:
    top = _TOP + look.row * row
    middle = top + (look.row / 2 if look.is_wide else 28)
    best = one.outlook.actual_on or one.outlook.forecast_on
    target = one.baseline_on or one.planned_on
    parts = [
        format_html('<title>{}</title>', _words(one)),
        format_html('<text class="p-gantt__label" x="{}" y="{}" text-anchor="{}">{}</text>',
                    *((axis.left - 12, middle + 4, "end") if look.is_wide else (0, top + 12, "start")),
                    one.standard.label),
    ]  # fmt: skip
    if best and target:
        parts.append(
            format_html('<line class="p-gantt__slip p-gantt__slip--{}" x1="{}" x2="{}" y1="{}" y2="{}"/>', tone(one),
                        axis.x(target), axis.x(best), middle, middle)
        )  # fmt: skip
    if one.baseline_on:
        parts.append(_mark("baseline", axis.x(one.baseline_on), middle))
    if one.planned_on and one.planned_on != one.baseline_on:
        parts.append(_mark("plan", axis.x(one.planned_on), middle))
    if best:
        mark = "actual" if one.outlook.actual_on else "forecast"
        parts.append(_mark(mark, axis.x(best), middle, tone(one) if mark == "forecast" else ""))
        if one.slip and slip_words(one):
            at = max(axis.x(best), axis.x(target) if target else 0) + 10
            place = (at, middle + 4, "start") if look.is_wide else (look.width, top + 12, "end")
            parts.append(
                format_html('<text class="p-gantt__days" x="{}" y="{}" text-anchor="{}">{}</text>', *place,
                            slip_words(one))
            )  # fmt: skip
    return format_html("<g>{}</g>", format_html_join("", "{}", ((part,) for part in parts)))


def _mark(kind: str, x: float, y: float, state: str = "") -> SafeString:
    """Baseline: a bar. Plan: a small ring. Forecast: a hollow diamond. Actual: a full one."""
    look = f"p-gantt__{kind}" + (f" p-gantt__{kind}--{state}" if state else "")
    if kind == "baseline":
        return format_html('<rect class="{}" x="{}" y="{}" width="4" height="16" rx="1"/>', look, x - 2, y - 8)
    if kind == "plan":
        return format_html('<circle class="{}" cx="{}" cy="{}" r="4"/>', look, x, y)
    return format_html('<path class="{}" d="M{},{}l6,6 -6,6 -6,-6z"/>', look, x, y - 6)


def _words(one: Any) -> str:
    named = (("baseline", one.baseline_on), ("planned", one.planned_on), ("forecast", one.outlook.forecast_on),
             ("reached", one.outlook.actual_on))  # fmt: skip
    days = ", ".join(f"{name} {day:%-d %b %Y}" for name, day in named if day)
    return f"{one.standard.label}: {days}. {State(one.state).label}."
