"""The funnel of start-up: how many sites came how far."""

from collections.abc import Mapping

from ctms.core.metrics import Reading
from ctms.core.wording import counted
from ctms.web.charts import bullet
from enrollment.funnel import Step

_STEPS = {
    "sites.total": ("whatever became of them", ""),
    "sites.candidate": (", not selected yet", "mute"),
    "sites.starting": (", selected and not activated yet", "watch"),
    "sites.active": ("", ""),
    "sites.enrolling": ("", "ok"),
    "sites.closing": ("", "mute"),
    "sites.out": ("", "mute"),
}


def startup_funnel(readings: Mapping[str, Reading]) -> list[Step]:
    """From the first list of sites to those that enrol; none while there is no site."""
    total = readings["sites.total"].value
    if not total:
        return []
    steps = []
    for name, (words, tone) in _STEPS.items():
        reading = readings[name]
        value = reading.value or 0
        said = words if name == "sites.total" else f"{100 * value / total:.0f} % of {counted(total, 'site')}{words}"
        steps.append(Step(reading, bullet(value, None, total, tone, label=f"{reading.metric.label}: {said}"), said))
    return steps
