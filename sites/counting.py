"""Rows of sites counted place by place: what most numbers of the rooms above are picked from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Model, QuerySet, TextField, Value

from ctms.core.metrics import LIVE, Source
from ctms.web.places import Place


@dataclass(frozen=True, slots=True)
class Group:
    """So many rows of one site, or of no one site, that look alike."""

    study: int
    country: int | None
    site: int | None
    looks: tuple[Any, ...]
    number: Any


def groups_at(
    rows: QuerySet[Any], places: Sequence[Place], *looks: str, of: Sequence[Any] = (), country: str = "site__country"
) -> list[list[Group]]:
    """For each place its rows, in groups that agree in `looks`; one statement for all places.

    Args:
        rows: those that the person may see.
        of: what is told of a group; how many they are unless something else is said.
        country: the way from a row to its country.
    """
    told = _told(rows, places, looks, of, country)
    width = 3 + len(looks)
    groups = [Group(row[0], row[1], row[2], tuple(row[3:width]), row[width:] if of else row[width]) for row in told]
    return [[group for group in groups if _lies_in(group, place)] for place in places]


def kinds_at(kinds: Mapping[str, tuple[QuerySet[Any], Sequence[str]]], places: Sequence[Place]) -> list[list[Group]]:
    """The same of several kinds of rows, with as many looks each, before which the kind is put. One statement too."""
    parts = [
        _told(rows.annotate(kind=Value(kind, TextField())), places, ("kind", *looks), (), "site__country")
        for kind, (rows, looks) in kinds.items()
    ]
    told = parts[0].union(*parts[1:], all=True)
    groups = [Group(row[0], row[1], row[2], tuple(row[3:-1]), row[-1]) for row in told]
    return [[group for group in groups if _lies_in(group, place)] for place in places]


def _told(
    rows: QuerySet[Any], places: Sequence[Place], looks: Sequence[str], of: Sequence[Any], country: str
) -> QuerySet[Any, Any]:
    here = rows.filter(study__in={place.study.pk for place in places}).order_by()
    named = {f"told_{number}": one for number, one in enumerate(of or (Count("pk"),))}
    return here.values_list("study", country, "site", *looks).annotate(**named)


def total(condition: Callable[..., bool] = lambda *looks: True) -> Callable[[list[Group]], tuple[int, Source]]:
    """How many rows look as the condition wants: how a metric picks its number from the groups of a place."""
    return lambda groups: (sum(group.number for group in groups if condition(*group.looks)), LIVE)


def inside(place: Place) -> dict[str, str]:
    """What a list's address says besides to show just the rows of this place of the study."""
    if place.site is not None:
        return {"site": place.site.number}
    return {"country": place.country.country} if place.country is not None else {}


def _lies_in(group: Group, place: Place) -> bool:
    own: tuple[tuple[int | None, Model | None], ...] = (
        (group.study, place.study), (group.country, place.country), (group.site, place.site)
    )  # fmt: skip
    return all(place is None or key == place.pk for key, place in own)
