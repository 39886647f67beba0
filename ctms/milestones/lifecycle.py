"""What may happen to a baseline next."""

from datetime import date
from typing import Any

from django.db.models import Case, DateField, F, Value, When
from django.db.models.functions import Coalesce

from ctms.core.lifecycle import Lifecycle, Move, Request
from ctms.milestones.models import Baseline, BaselineStatus

_NEVER = Value(date(9999, 1, 1), DateField())


def is_empty(baseline: Baseline, request: Request) -> str | None:
    """At least one milestone with a day."""
    return None if baseline.lines.exclude(on=None).exists() else "No milestone in it has a day."


def drew_it_up(baseline: Baseline, request: Request) -> str | None:
    """Somebody else than who drew it up."""
    return "Who draws up a baseline does not sign it." if baseline.drawn_by_id == request.by.pk else None


def is_no_longer_the_plan(baseline: Baseline, request: Request) -> str | None:
    """The plan as it was when the baseline was drawn up."""
    now = Case(When(milestone__not_applicable=False, then=F("milestone__planned_on")), default=None)
    days = {"was": Coalesce("on", _NEVER), "now": Coalesce(now, _NEVER)}
    lines: Any = baseline.lines.annotate(**days)
    moved = lines.exclude(was=F("now"))
    first = moved.select_related("milestone__scope").order_by("milestone__scope__path", "milestone__position").first()
    if first is None:
        return None
    return (
        f"The plan has changed since: “{first.milestone}” of {first.milestone.scope}. Withdraw this one and draw it "
        "up again."
    )


B = BaselineStatus

BASELINE = Lifecycle(
    "Milestone baseline",
    start=B.DRAFT,
    statuses=BaselineStatus,
    follows=((B.SUPERSEDED, "a later baseline of the place is signed"),),
    moves=(
        Move("approve", (B.DRAFT,), B.APPROVED, "milestones.approve_baseline", "Sign baseline", reason=True,
             unless=(drew_it_up, is_empty, is_no_longer_the_plan), signature="approval"),
        Move("withdraw", (B.DRAFT,), B.WITHDRAWN, "milestones.edit_milestone", "Withdraw", reason=True, is_exit=True),
    ),
)  # fmt: skip
