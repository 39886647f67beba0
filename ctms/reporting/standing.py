"""How a study stands, room by room: the number that says so, with a shape, a word and a colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ctms.core.metrics import Metric, Reading
from ctms.reporting.tiles import BEHIND, FAR_BEHIND
from enrollment import metrics as subjects
from finance import metrics as money
from monitoring import metrics as monitoring
from sites import metrics as sites

WORDS = {"ok": "On track", "watch": "Watch", "bad": "Act", "mute": "Nothing yet"}
MANY = 0.2  # of all: from this part of late ones on it is bad
_MANY = f"{100 * MANY:.0f} %"
# Room -> when it is to be watched, and when somebody must act, as the functions below have it.
RULES: Mapping[str, Mapping[str, str]] = {
    "Enrollment": {
        "watch": f"below {100 * BEHIND:.0f} % of what was planned by today", "bad": f"below {100 * FAR_BEHIND:.0f} %",
    },
    "Start-up": {"watch": "an item is late", "bad": f"{_MANY} or more of the open items are late"},
    "Monitoring": {
        "watch": "a report or follow-up item is overdue", "bad": f"{_MANY} or more of the reports are overdue",
    },
    "Issues": {"watch": "a major deviation is open", "bad": "a critical one is open"},
    "Payments": {"watch": "a run waits for finance", "bad": "a payment is past its day"},
}  # fmt: skip

# Room -> what is read of it, the first being what its cell shows.
ROOMS: Mapping[str, tuple[Metric, ...]] = {
    "Enrollment": (subjects.ENROLLED, subjects.PLANNED_TO_DATE),
    "Start-up": (sites.LATE_ITEMS, sites.OPEN_ITEMS, sites.ACTIVATED, sites.TOTAL),
    "Monitoring": (
        monitoring.REPORTS_LATE, monitoring.REPORTS_WRITING, monitoring.REPORTS_SIGNING, monitoring.LATE_FOLLOW_UPS
    ),
    "Issues": (monitoring.OPEN_DEVIATIONS, monitoring.SERIOUS_DEVIATIONS, monitoring.CRITICAL_DEVIATIONS),
    "Payments": (money.RUNS_OPEN, money.RUNS_LATE, money.RUNS_TO_APPROVE),
}  # fmt: skip
METRICS = tuple(metric for metrics in ROOMS.values() for metric in metrics)


@dataclass(frozen=True, slots=True)
class Cell:
    """One room of one study.

    Args:
        reading: the number in the cell.
        words: what it counts, behind it.
        tone: ok, watch, bad or mute; `word` says the same.
        others: further numbers, each with its words.
    """

    room: str
    reading: Reading
    words: str
    tone: str
    others: tuple[tuple[Reading, str], ...] = ()

    @property
    def word(self) -> str:
        return WORDS[self.tone]


def _cell(room: str, tone: str, said: tuple[Reading, str, str], *others: tuple[Reading, str, str]) -> Cell:
    """Each number with its words for one and for many."""
    (number, words), *more = [(reading, one if reading.value == 1 else many) for reading, one, many in (said, *others)]
    return Cell(room, number, words, tone, tuple(more))


def key() -> list[dict[str, Any]]:
    """What the words of the cells mean, room by room, for the legend."""
    return [
        {"room": room, "rules": [(tone, WORDS[tone], words) for tone, words in rules.items()]}
        for room, rules in RULES.items()
    ]


def cells_of(readings: Mapping[str, Reading], *, sees_visits: bool, sees_money: bool) -> list[Cell | None]:
    """The cells of a study, room by room; None where this person sees nothing of the room."""
    return [
        _enrollment(readings),
        _startup(readings),
        _monitoring(readings) if sees_visits else None,
        _issues(readings) if sees_visits else None,
        _payments(readings) if sees_money else None,
    ]


def _enrollment(readings: Mapping[str, Reading]) -> Cell:
    enrolled, planned = (readings[metric.name] for metric in ROOMS["Enrollment"])
    now, by_now = enrolled.value or 0, planned.value
    tone = "mute"
    if by_now is not None and (by_now or now):
        tone = "ok" if now >= BEHIND * by_now else "watch" if now >= FAR_BEHIND * by_now else "bad"
    others = [(planned, "planned by today", "planned by today")] if by_now is not None else []
    return _cell("Enrollment", tone, (enrolled, "enrolled", "enrolled"), *others)


def _startup(readings: Mapping[str, Reading]) -> Cell:
    late, every, activated, total = (readings[metric.name] for metric in ROOMS["Start-up"])
    tone = _of_late(late.value or 0, every.value or 0) if every.value else "ok" if activated.value else "mute"
    sites_now = (activated, "site activated", "sites activated"), (total, "site in all", "sites in all")
    return _cell("Start-up", tone, (late, "late item", "late items"), *sites_now)


def _monitoring(readings: Mapping[str, Reading]) -> Cell:
    late, writing, signing, items = (readings[metric.name] for metric in ROOMS["Monitoring"])
    under_way = (writing.value or 0) + (signing.value or 0)
    tone = _of_late(late.value or 0, under_way)
    if tone == "ok" and items.value:
        tone = "watch"
    return _cell(
        "Monitoring", tone, (late, "report overdue", "reports overdue"), (writing, "being written", "being written"),
        (items, "follow-up item overdue", "follow-up items overdue"),
    )  # fmt: skip


def _issues(readings: Mapping[str, Reading]) -> Cell:
    every, serious, critical = (readings[metric.name] for metric in ROOMS["Issues"])
    tone = "bad" if critical.value else "watch" if serious.value else "ok"
    grave = (serious, "critical or major", "critical or major")
    return _cell("Issues", tone, (every, "open deviation", "open deviations"), grave)


def _payments(readings: Mapping[str, Reading]) -> Cell:
    under_way, late, to_approve = (readings[metric.name] for metric in ROOMS["Payments"])
    tone = "bad" if late.value else "watch" if to_approve.value else "ok"
    return _cell(
        "Payments", tone, (under_way, "run under way", "runs under way"),
        (to_approve, "waits for finance", "wait for finance"), (late, "with a late payment", "with a late payment"),
    )  # fmt: skip


def _of_late(late: int, every: int) -> str:
    return "ok" if not late else "bad" if late >= MANY * every else "watch"
