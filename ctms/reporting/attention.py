"""What needs attention in a study, a country or at a site: what the rooms count as late or wrong, worst first."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.urls import reverse

from ctms.core.metrics import Reading
from ctms.reporting.tiles import gap
from ctms.web.places import Place

_ORDER = ("bad", "watch", "mute")
# Metric -> its words for one and for many, and how bad it is.
_COUNTED: Mapping[str, tuple[str, str, str, str]] = {
    "monitoring.reports_late": (
        "visit report is overdue", "visit reports are overdue", "bad", "To be submitted, or to be approved"
    ),
    "monitoring.visits_late": (
        "visit is past its day", "visits are past their day", "bad", "Planned or confirmed, and not begun"
    ),
    "monitoring.deviations_serious": (
        "serious deviation is open", "serious deviations are open", "bad", "Critical or major, not settled"
    ),
    "milestones.overdue": (
        "milestone is overdue", "milestones are overdue", "bad", "Forecast for a day that has passed"
    ),
    "enrollment.discrepancies": (
        "discrepancy between systems", "discrepancies between systems", "watch", "EDC, IRT and CTMS; not put right"
    ),
    "monitoring.follow_ups_late": (
        "follow-up item is overdue", "follow-up items are overdue", "watch", "Open, and due by a day that has passed"
    ),
    "sites.startup_late": (
        "start-up item is late", "start-up items are late", "watch", "Somebody has it, and its day has passed"
    ),
    "finance.runs_late": (
        "payment run is late", "payment runs are late", "watch", "A payment’s day has passed without a confirmation"
    ),
    "finance.runs_to_confirm": (
        "payment run to confirm", "payment runs to confirm", "mute", "Its activity, by the study manager"
    ),
    "finance.runs_to_approve": (
        "payment run to approve", "payment runs to approve", "mute", "By finance"
    ),
    "finance.runs_to_release": (
        "payment run to release", "payment runs to release", "mute", "Approved, and not at the ERP yet"
    ),
    "milestones.late": ("milestone runs late", "milestones run late", "watch", "Behind the baseline or the plan"),
}  # fmt: skip


def attention_of(
    place: Place, readings: Mapping[str, Reading], *, parts: Sequence[tuple[str, Reading, Reading]]
) -> list[dict[str, Any]]:
    """What the attention component draws.

    Args:
        parts: countries by name, with how many they enrolled and how many were planned by today.
    """
    items = [*_stale(place, readings), *alarms_of(readings), *_behind(parts)]
    return sorted(items, key=_rank)


def alarms_of(readings: Mapping[str, Reading]) -> list[dict[str, Any]]:
    """The same of what was counted alone."""
    return sorted((item for name in _COUNTED if (item := _counted(readings.get(name)))), key=_rank)


def _rank(item: Mapping[str, Any]) -> int:
    return _ORDER.index(item["tone"])


def _stale(place: Place, readings: Mapping[str, Reading]) -> Iterator[dict[str, Any]]:
    """Systems whose last word is more than a day old, each once."""
    url = reverse("sources", args=[place.sponsor.code, place.study.slug])
    old = {one.source.system: one.source for one in readings.values() if one.source.is_stale}
    for system, source in old.items():
        due = f"since {source.age}" if source.as_of else source.age
        yield {
            "tone": "bad", "text": f"{system} has not been read for a day", "url": url, "due": due, "due_tone": "bad",
            "meta": "Its numbers stay, and are as of then",
        }  # fmt: skip


def _counted(reading: Reading | None) -> dict[str, Any] | None:
    if reading is None or not reading.value:
        return None
    one, many, tone, meta = _COUNTED[reading.metric.name]
    words = one if reading.value == 1 else many
    return {"tone": tone, "text": f"{reading.text} {words}", "url": reading.url, "due": "", "meta": meta}


def _behind(parts: Sequence[tuple[str, Reading, Reading]]) -> Iterator[dict[str, Any]]:
    """The countries that are far behind their plan, the farthest first; three at most."""
    far = [
        (planned.value - actual.value, name, actual, planned)
        for name, actual, planned in parts
        if actual.value is not None and planned.value is not None and gap(actual.value, planned.value)[1] == "bad"
    ]
    for _, name, actual, planned in sorted(far, key=lambda one: (-one[0], one[1]))[:3]:
        yield {
            "tone": "watch", "text": f"{name} is far behind its plan", "url": planned.url,
            "due": f"{actual.text} of {planned.text}", "meta": "Enrolled, and planned by today",
        }  # fmt: skip
