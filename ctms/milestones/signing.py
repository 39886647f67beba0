"""What is signed of milestones: a baseline, every day of it."""

from django.urls import reverse

from ctms.core.signables import Content, Signable, iso
from ctms.milestones.models import Baseline


def baseline_content(baseline: Baseline) -> Content:
    """Each milestone of each place, and the day it is to be reached."""
    lines = baseline.lines.select_related("milestone__scope")
    ordered = lines.order_by("milestone__scope__path", "milestone__position")
    return {
        "Study": baseline.study.protocol_no,
        "Of": baseline.scope.label,
        "Baseline": baseline.number,
        "Why another one": baseline.reason or None,
        "Milestones": [
            {
                "Milestone": f"{line.milestone.scope.label}: {line.milestone.standard.label}",
                "Code": line.milestone.code,
                "On": iso(line.on),
            }
            for line in ordered
        ],
    }


BASELINE = Signable(
    Baseline, baseline_content, outside="Its status, and forecasts and actual days, which come afterwards.",
    url=lambda baseline: reverse("baseline", args=[baseline.sponsor.code, baseline.study.slug, baseline.pk]),
)  # fmt: skip
