"""Key figures of an overview: each with its plan, what goes with it, and where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.safestring import SafeString

from ctms.core.metrics import Reading
from ctms.web.charts import bullet
from enrollment.outlook import Outlook

BEHIND, FAR_BEHIND = 0.9, 0.7  # of what was planned by today: below it a number is watched, and below that it is bad
PLANNED_FEW = 5  # by today; with fewer nobody is behind
Readings = Mapping[str, Reading]


@dataclass(frozen=True, slots=True)
class Part:
    """Another number beside the first, in a few words."""

    reading: Reading
    words: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure.

    Args:
        extra: behind the number; `note` and `parts` below it, with their tone; `bullet` a bar.
        missing: what is said while nobody knows the number.
        differ: how many discrepancies stand against it.
        sums: what each system says, for who asks where the number comes from.
    """

    reading: Reading
    label: str
    extra: str = ""
    note: str = ""
    tone: str = ""
    parts: tuple[Part, ...] = ()
    bullet: SafeString | str = ""
    missing: str = "Not known yet."
    differ: Reading | None = None
    sums: tuple[Part, ...] = ()

    @property
    def warns(self) -> bool:
        return self.reading.source.is_stale or bool(self.differ)

    @property
    def age(self) -> str:
        age = self.reading.source.age
        return f"{age} · {self.differ.text} differ" if self.differ else age

    @property
    def title(self) -> str:
        return "Which number is right?" if self.sums else self.reading.metric.label


def pace(actual: int | None, planned: int | None) -> tuple[str, str]:
    """How a number stands to its plan, in words, and the tone of that; "" without a plan."""
    if planned is None or actual is None:
        return "", ""
    if actual >= planned:
        return ("on plan" if actual == planned else f"{actual - planned:,} ahead of plan"), "ok"
    return f"{planned - actual:,} behind plan", _tone(actual, planned)


def gap(actual: int | None, planned: int | None) -> tuple[str, str]:
    """The same in a word, for tables."""
    if planned is None or actual is None:
        return "no plan", ""
    tone = _tone(actual, planned)
    return {"": "on track", "watch": "watch", "bad": "behind"}[tone], tone


def _tone(actual: int, planned: int) -> str:
    if planned < PLANNED_FEW or actual >= BEHIND * planned:
        return ""
    return "watch" if actual >= FAR_BEHIND * planned else "bad"


def tiles_of(readings: Readings, outlook: Outlook) -> list[Tile]:
    """The key figures while a study enrols: monitoring's only for who sees its visits."""
    tiles = [_enrolled(readings, outlook), _activated(readings), _failures(readings)]
    if "monitoring.reports_late" in readings:
        tiles += [_reports(readings), _deviations(readings)]
    return [*tiles, _forecast(readings, outlook)]


def opening_tiles_of(readings: Readings, planned: Sequence[Reading]) -> list[Tile]:
    """The key figures before the first site is open."""
    late = readings["sites.startup_late"]
    parts = (Part(readings["sites.startup_with_us"], "wait for us"),)
    return [
        *(Tile(one, one.metric.label) for one in map(readings.get, ("sites.total", "sites.candidate")) if one),
        _one(readings["sites.starting"], readings["sites.total"]),
        _activated(readings),
        replace(_one(late, readings["sites.startup_open"]), label="Late in start-up", parts=parts),
        *(Tile(one, one.metric.label, missing="No number is planned yet.") for one in planned),
    ]


def _one(reading: Reading, total: Reading) -> Tile:
    return Tile(
        reading,
        reading.metric.label,
        extra=f"/ {total.text}",
        bullet=bullet(reading.value or 0, None, total.value or 0),
    )


def _enrolled(readings: Readings, outlook: Outlook) -> Tile:
    enrolled, planned = readings["enrollment.enrolled"], readings["enrollment.planned_to_date"]
    target, differ = readings["enrollment.target"], readings["enrollment.discrepancies"]
    words, tone = pace(enrolled.value, planned.value)
    sums = (
        Part(enrolled, f"{enrolled.source.system}, the system of record"),
        Part(differ, "Discrepancies not put right", "bad" if differ.value else "ok"),
    )
    return Tile(
        enrolled, "Enrolled", extra=f"/ {target.text}" if target.value else "", note=words or "No plan yet", tone=tone,
        bullet=bullet(enrolled.value or 0, planned.value, target.value or planned.value or enrolled.value or 1),
        missing="No system has said anything yet.", differ=differ if differ.value else None, sums=sums,
    )  # fmt: skip


def _activated(readings: Readings) -> Tile:
    activated, total = readings["sites.active"], readings["sites.total"]
    parts = (Part(readings["sites.starting"], "in start-up"),)
    return replace(_one(activated, total), label="Sites activated", parts=parts)


def _failures(readings: Readings) -> Tile:
    rate = readings["enrollment.screen_failure"]
    parts = (Part(readings["enrollment.screen_failed"], "failed,"), Part(readings["enrollment.in_screening"], "open"))
    return Tile(
        rate, "Screen failure", parts=parts, missing="Nobody’s screening is decided yet.",
        bullet=bullet(rate.value or 0, None, 100, "mute", label=f"{rate.text} screen failure"),
    )  # fmt: skip


def _reports(readings: Readings) -> Tile:
    rate, late = readings["monitoring.reports_on_time"], readings["monitoring.reports_late"]
    tone = "" if rate.value is None or rate.value >= 90 else "watch"
    return Tile(
        rate, "Visit reports on time", extra="12 months", parts=(Part(late, "overdue", "bad" if late.value else ""),),
        bullet=bullet(rate.value or 0, None, 100, tone, label=f"{rate.text} on time"),
        missing="No report was due in the last twelve months.",
    )  # fmt: skip


def _deviations(readings: Readings) -> Tile:
    every, serious = readings["monitoring.deviations_open"], readings["monitoring.deviations_serious"]
    return Tile(
        every, "Open deviations", parts=(Part(serious, "critical or major", "bad" if serious.value else ""),),
        bullet=bullet(serious.value or 0, None, every.value or 1, "bad", label="Of these, serious"),
    )  # fmt: skip


def _forecast(readings: Readings, outlook: Outlook) -> Tile:
    forecast, target = readings["enrollment.forecast"], readings["enrollment.target"]
    low, high = readings["enrollment.forecast_low"], readings["enrollment.forecast_high"]
    ahead = outlook.at_plan_end()
    return Tile(
        forecast, "Forecast", extra=f"by {ahead[0]:%b %Y}" if ahead else "",
        note=f"80 %: {low.text} to {high.text}" if ahead else "", missing="Nothing to forecast from yet.",
        bullet=bullet(forecast.value or 0, None, max(target.value or 0, forecast.value or 0)),
    )  # fmt: skip
