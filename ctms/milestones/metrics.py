"""The numbers this room declares. Each equals the count of the list it leads to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.http import urlencode

from ctms.core import clock
from ctms.core.metrics import LIVE, Metric, Source
from ctms.milestones.filters import NO_DAY, STATES_OF
from ctms.milestones.models import LATE_AFTER, Milestone, State
from ctms.web.places import Place


@dataclass(frozen=True, slots=True)
class _Group:
    """So many milestones of one place that look alike."""

    path: str
    state: str
    number: int


def _groups(places: Sequence[Place], user: Any) -> list[list[_Group]]:
    """The milestones of each place, those of places below it included; one statement for all."""
    rows: Any = Milestone.objects.visible_to(user).filter(study__in={place.study.pk for place in places})
    by = ("scope__path", "state")
    counted = rows.looked_at(clock.today()).order_by().values_list(*by).annotate(Count("id"))
    groups = [_Group(*row) for row in counted]
    paths = [(place.country or place.study).scope.path for place in places]
    return [[group for group in groups if group.path.startswith(path)] for path in paths]


def _sum(*states: str) -> Callable[[list[_Group]], tuple[int, Source]]:
    return lambda groups: (sum(group.number for group in groups if not states or group.state in states), LIVE)


def _list(place: Place, **query: str) -> str:
    if place.country is not None:
        query["country"] = place.country.country
    address = reverse("milestone-list", args=[place.sponsor.code, place.study.slug])
    return f"{address}?{urlencode(query)}" if query else address


def _in(state: str, name: str, label: str, definition: str) -> Metric:
    return Metric(
        f"milestones.{name}", label, definition, _groups, _sum(*STATES_OF.get(state, (state,))),
        lambda place: _list(place, state=state), generated=True,
    )  # fmt: skip


PLANNED = Metric(
    "milestones.planned", "Milestones", "All milestones of the plan: of the study, its countries and its sites.",
    _groups, _sum(), _list,
)  # fmt: skip
REACHED = _in(State.REACHED, "reached", "Reached", "Milestones of which somebody or some system says the day.")
OVERDUE = _in(
    State.OVERDUE, "overdue", "Overdue",
    "Milestones that are not reached and whose forecast is a day that has passed, where the place still takes part.",
)  # fmt: skip
LATE = _in(
    State.LATE, "late", "Late",
    f"Milestones not reached and not overdue whose forecast is more than {LATE_AFTER} days behind the signed baseline, "
    "or behind the plan where there is none.",
)  # fmt: skip
ON_TRACK = _in(
    State.ON_TRACK, "on_track", "On track",
    f"Milestones not reached whose forecast is still to come and at most {LATE_AFTER} days behind the signed baseline, "
    "or the plan where there is none.",
)  # fmt: skip
WITHOUT_DAY = _in(
    NO_DAY, "without_day", "Without a day",
    "Milestones that nobody has a day for: not dated yet, not expected, or passed on a day that was not entered.",
)  # fmt: skip
