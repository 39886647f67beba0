"""What charts over time share: days and counts to pixels, the grid, the months below it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.html import format_html
from django.utils.safestring import SafeString


@dataclass(frozen=True)
class Frame:
    """Dates and counts to pixels."""

    first: date
    last: date
    most: int
    width: int
    height: int
    left: int = 36
    right: int = 96
    top: int = 14
    bottom: int = 26

    def x(self, day: date) -> float:
        span = max((self.last - self.first).days, 1)
        return round(self.left + (self.width - self.left - self.right) * (day - self.first).days / span, 1)

    def y(self, count: float) -> float:
        return round(self.height - self.bottom - (self.height - self.top - self.bottom) * count / self.most, 1)

    @property
    def end(self) -> int:
        return self.width - self.right


def grid(frame: Frame, kind: str) -> Iterator[SafeString]:
    """Lines and labels behind the curves; `kind` is "wide" or "narrow"."""
    for step in range(5):
        count = frame.most * step // 4
        y = frame.y(count)
        yield format_html('<line class="c-chart__grid" x1="{}" x2="{}" y1="{}" y2="{}"/>', frame.left, frame.end, y, y)
        yield format_html('<text x="{}" y="{}" text-anchor="end">{}</text>', frame.left - 8, y + 4, count)
    found = list(months(frame.first, frame.last))
    every = -(-len(found) // (8 if kind == "wide" else 4))
    for month in found[::every]:
        label = f"{month:%b} ’{month:%y}"
        yield format_html('<text x="{}" y="{}" text-anchor="middle">{}</text>', frame.x(month), frame.height - 6, label)


def months(first: date, last: date) -> Iterator[date]:
    """The first days of the months from one day to another."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def round_up(count: int) -> int:
    """The next number that four grid lines divide evenly."""
    for step in (1, 2, 3, 5, 10, 15, 20, 25, 50, 75, 100, 150, 250, 500, 1000):
        if count <= 4 * step:
            return 4 * step
    return -(-count // 4000) * 4000
