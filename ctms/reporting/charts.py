"""Charts of the overviews: server-drawn SVG, looks by CSS classes, words beside every line."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ctms.web.curves import Frame, grid, round_up
from sites.models import OperationalStatus

# The statuses that have a curve, each with the kind of line it is drawn as.
CURVES = {
    OperationalStatus.SELECTED: "plan",
    OperationalStatus.INITIATED: "forecast",
    OperationalStatus.ACTIVATED: "actual",
}
CURVE_LEGEND = tuple({"kind": kind, "label": status.label} for status, kind in CURVES.items())


def activation_chart(reached: Mapping[str, Sequence[date]], *, today: date) -> SafeString:
    """Cumulative numbers of sites that came to each status, from the first event to today; "" before any event.

    Args:
        reached: status -> the days on which sites first came to it, in order.
    """
    days = [day for listed in reached.values() for day in listed]
    if not days:
        return mark_safe("")
    first, most = min(days).replace(day=1), max(len(listed) for listed in reached.values())
    wide = Frame(first, today, round_up(most), 820, 352)
    narrow = Frame(first, today, round_up(most), 380, 260, left=28, right=12)
    return _chart(reached, wide, "wide") + _chart(reached, narrow, "narrow")


def _chart(reached: Mapping[str, Sequence[date]], frame: Frame, kind: str) -> SafeString:
    words = ", ".join(f"{OperationalStatus(status).label.lower()} {len(days)}" for status, days in reached.items())
    parts = [*grid(frame, kind), *_lines(reached, frame)]
    if kind == "wide":
        parts += _end_labels(reached, frame)
    return format_html(
        '<svg class="c-chart c-chart--{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        kind, frame.width, frame.height, f"Sites over time: {words} by today.",
        format_html_join("", "{}", ((part,) for part in parts)),
    )  # fmt: skip


def _lines(reached: Mapping[str, Sequence[date]], frame: Frame) -> Iterator[SafeString]:
    for status, days in reached.items():
        if days:
            path = f"M{frame.x(days[0])},{frame.y(0)}"
            for count, day in enumerate(days, start=1):
                path += f"H{frame.x(day)}V{frame.y(count)}"
            path += f"H{frame.x(frame.last)}"
            yield format_html('<path class="c-chart__{}" d="{}"/>', CURVES[OperationalStatus(status)], path)


def _end_labels(reached: Mapping[str, Sequence[date]], frame: Frame) -> Iterator[SafeString]:
    """Each line's name and number at its end, pushed apart so that they do not overlap."""
    floor = float(frame.height)
    for status, days in sorted(reached.items(), key=lambda item: len(item[1])):
        y = min(frame.y(len(days)) + 4, floor - 16)
        floor = y
        label = f"{OperationalStatus(status).label} {len(days)}"
        yield format_html(
            '<text class="c-chart__label c-chart__label--{}" x="{}" y="{}">{}</text>',
            CURVES[OperationalStatus(status)], frame.end + 8, y, label,
        )  # fmt: skip
