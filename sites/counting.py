"""Rows at sites counted place by place: what most numbers of the rooms above are picked from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Model, QuerySet

from ctms.core.metrics import LIVE, Source
from ctms.web.places import Place


@dataclass(frozen=True, slots=True)
class Group:
    """So many rows of one site that look alike."""

    study: int
    country: int
    site: int
    looks: tuple[Any, ...]
    number: Any


def groups_at(
    rows: QuerySet[Any], places: Sequence[Place], *looks: str, of: Any = None, site: str = "site"
) -> list[list[Group]]:
    """For each place its rows, in groups that agree in `looks`; one statement for all places.

    Args:
        rows: those that the person may see, each of a site.
        of: what is told of a group; how many they are unless something else is said.
        site: the way from a row to its site.
    """
    keys = ("study", f"{site}__country", site)
    here = rows.filter(study__in={place.study.pk for place in places}).order_by()
    told = here.values_list(*keys, *looks).annotate(told=of or Count("pk"))
    groups = [Group(row[0], row[1], row[2], tuple(row[3:-1]), row[-1]) for row in told]
    return [[group for group in groups if _lies_in(group, place)] for place in places]


def total(condition: Callable[..., bool] = lambda *looks: True) -> Callable[[list[Group]], tuple[int, Source]]:
    """How many rows look as the condition wants: how a metric picks its number from the groups of a place."""
    return lambda groups: (sum(group.number for group in groups if condition(*group.looks)), LIVE)


def inside(place: Place) -> dict[str, str]:
    """What a list's address says besides to show just the rows of this place of the study."""
    if place.site is not None:
        return {"site": place.site.number}
    return {"country": place.country.country} if place.country is not None else {}


def _lies_in(group: Group, place: Place) -> bool:
    own: tuple[tuple[int, Model | None], ...] = (
        (group.study, place.study), (group.country, place.country), (group.site, place.site)
    )  # fmt: skip
    return all(place is None or key == place.pk for key, place in own)
