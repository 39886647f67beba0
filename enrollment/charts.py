"""The S-curve: plan, actual and forecast with its band, as server-drawn SVG. Looks by CSS classes, words beside it."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ctms.web.curves import Frame, grid, round_up
from enrollment.models import months_from
from enrollment.outlook import Outlook, Point

LEGEND = (
    {"kind": "actual", "label": "Actual"},
    {"kind": "plan", "label": "Plan"},
    {"kind": "forecast", "label": "Forecast, 80 % band", "band": True},
)


def s_curve(outlook: Outlook) -> SafeString:
    """How many are enrolled by the end of each month; "" where nothing is known."""
    points = outlook.points()
    if not points or not any(point.planned or point.actual or point.forecast for point in points):
        return mark_safe("")
    most = round_up(
        max(
            *(point.planned or 0 for point in points),
            *(point.actual or 0 for point in points),
            *(point.forecast.high if point.forecast else 0 for point in points),
            outlook.target or 0,
            1,
        )
    )
    first, last = points[0].month, _end(points[-1].month)
    wide = Frame(first, last, most, 820, 400)
    narrow = Frame(first, last, most, 380, 260, left=34, right=12)
    return _chart(outlook, points, wide, "wide") + _chart(outlook, points, narrow, "narrow")


def words(outlook: Outlook) -> str:
    """The same for the ear, in a sentence or two."""
    said = [f"{outlook.enrolled} enrolled by today"]
    planned = outlook.planned_to_date()
    if planned is not None:
        said.append(f"{planned} planned by today")
    if ahead := outlook.at_plan_end():
        month, expected = ahead
        said.append(
            f"{expected.mean:.0f} expected by the end of {month:%B %Y}, "
            f"with a chance of 80 % between {expected.low} and {expected.high}"
        )
    return "Enrollment over time: " + "; ".join(said) + "."


def _chart(outlook: Outlook, points: list[Point], frame: Frame, kind: str) -> SafeString:
    parts = [*grid(frame, kind), *_band(outlook, frame), *_target(outlook, frame)]
    parts += [*_plan(points, frame), *_actual(outlook, points, frame), *_forecast(outlook, frame)]
    if kind == "wide":
        parts += _labels(outlook, points, frame)
    return format_html(
        '<svg class="c-chart c-chart--{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        kind, frame.width, frame.height, words(outlook), format_html_join("", "{}", ((part,) for part in parts)),
    )  # fmt: skip


def _plan(points: list[Point], frame: Frame) -> Iterator[SafeString]:
    if points[0].planned is not None:
        path = f"M{frame.x(points[0].month)},{frame.y(0)}"
        path += "".join(f"L{frame.x(_end(point.month))},{frame.y(point.planned or 0)}" for point in points)
        yield format_html('<path class="c-chart__plan" d="{}"/>', path)


def _actual(outlook: Outlook, points: list[Point], frame: Frame) -> Iterator[SafeString]:
    known = [point for point in points if point.actual is not None]
    if known and outlook.enrolled:
        path = f"M{frame.x(known[0].month)},{frame.y(0)}"
        path += "".join(
            f"L{frame.x(min(_end(point.month), outlook.today))},{frame.y(point.actual or 0)}" for point in known
        )
        yield format_html('<path class="c-chart__actual" d="{}"/>', path)


def _forecast(outlook: Outlook, frame: Frame) -> Iterator[SafeString]:
    if outlook.forecast:
        path = f"M{frame.x(outlook.today)},{frame.y(outlook.enrolled)}"
        path += "".join(f"L{frame.x(_end(month))},{frame.y(said.mean)}" for month, said in outlook.forecast)
        yield format_html('<path class="c-chart__forecast" d="{}"/>', path)


def _band(outlook: Outlook, frame: Frame) -> Iterator[SafeString]:
    if outlook.forecast:
        start = f"{frame.x(outlook.today)},{frame.y(outlook.enrolled)}"
        above = "".join(f"L{frame.x(_end(month))},{frame.y(said.high)}" for month, said in outlook.forecast)
        below = "".join(f"L{frame.x(_end(month))},{frame.y(said.low)}" for month, said in reversed(outlook.forecast))
        yield format_html('<path class="c-chart__band" d="M{}{}{}Z"/>', start, above, below)


def _target(outlook: Outlook, frame: Frame) -> Iterator[SafeString]:
    if outlook.target:
        y = frame.y(outlook.target)
        yield format_html(
            '<line class="c-chart__target" x1="{}" x2="{}" y1="{}" y2="{}"/>', frame.left, frame.end, y, y
        )
    x = frame.x(outlook.today)
    yield format_html('<line class="c-chart__today" x1="{}" x2="{}" y1="{}" y2="{}"/>', x, x, frame.top, frame.y(0))


def _labels(outlook: Outlook, points: list[Point], frame: Frame) -> Iterator[SafeString]:
    """Each line's name and last number at the chart's edge, pushed apart so that they do not overlap."""
    ends: list[tuple[float, str, str]] = []
    if points[-1].planned is not None:
        ends.append((points[-1].planned, "plan", "Plan"))
    if outlook.forecast:
        ends.append((outlook.forecast[-1][1].mean, "forecast", "Forecast"))
    if outlook.target:
        ends.append((outlook.target, "target", "Target"))
    floor = float(frame.height)
    for count, kind, label in sorted(ends):
        y = min(frame.y(count) + 4, floor - 16)
        floor = y
        yield format_html(
            '<text class="c-chart__label c-chart__label--{}" x="{}" y="{}">{} {}</text>',
            kind, frame.end + 8, y, label, f"{count:.0f}",
        )  # fmt: skip
    x, y = frame.x(outlook.today), frame.y(outlook.enrolled)
    yield format_html(
        '<text class="c-chart__label c-chart__label--actual" x="{}" y="{}" text-anchor="end">{}</text>',
        x - 6, max(y - 8, 12), f"{outlook.enrolled} today",
    )  # fmt: skip


def _end(month: date) -> date:
    return months_from(month, 2)[1] - timedelta(days=1)
