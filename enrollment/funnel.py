"""The funnel: how many came how far, and the rates between the steps."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.safestring import SafeString

from ctms.core.metrics import Reading
from ctms.web.charts import bullet

_STEPS = ("consented", "in_screening", "screen_failed", "enrolled", "completed", "withdrawn")
_TONES = {"screen_failed": "mute", "withdrawn": "mute", "in_screening": "watch"}


@dataclass(frozen=True, slots=True)
class Step:
    """A step with its number, its bar, and its share of those who consented."""

    reading: Reading
    bar: SafeString
    words: str


def funnel_of(readings: Mapping[str, Reading]) -> list[Step]:
    """From consent on; none while nobody consented. Rates say of what they are."""
    total = readings["consented"].value
    if not total:
        return []
    failed, enrolled = readings["screen_failed"].value or 0, readings["enrolled"].value or 0
    steps = []
    for name in _STEPS:
        reading = readings[name]
        value = reading.value or 0
        words = f"{100 * value / total:.0f} % of those who consented"
        if name == "consented":
            words = "whatever became of them"
        elif name == "screen_failed" and failed + enrolled:
            words = f"{100 * failed / (failed + enrolled):.0f} % of those decided, {words}"
        elif name == "withdrawn" and enrolled:
            words = f"{100 * value / enrolled:.0f} % of those enrolled"
        bar = bullet(value, None, total, _TONES.get(name, ""), label=f"{reading.metric.label}: {words}")
        steps.append(Step(reading, bar, words))
    return steps
