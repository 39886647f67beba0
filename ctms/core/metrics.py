"""Numbers are declared: what is counted, in words and as a query, from which system, and where the rows can be seen.

Pages print numbers through the number component, which takes a `Reading`; a house test refuses counts elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from ctms.core import gathering


@dataclass(frozen=True, slots=True)
class Source:
    """Which system says so, and of when."""

    system: str
    as_of: date | None = None  # None: our own database, now

    @property
    def age(self) -> str:
        return f"{self.as_of:%-d %b %Y}" if self.as_of else "live"


@dataclass(frozen=True, slots=True)
class Reading:
    """A metric read at one place: None means that nobody knows, which is not zero."""

    metric: "Metric"
    value: int | None
    source: Source
    url: str  # the list of what was counted

    @property
    def text(self) -> str:
        return "" if self.value is None else f"{self.value:,}"

    @property
    def anchor(self) -> str:
        """The name's form for an id on the page."""
        return self.metric.name.replace(".", "-")


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that pages show.

    Args:
        name: stable, "<app>.<noun>".
        label: on the page.
        definition: one sentence that says exactly what is counted.
        read: (place, user) -> the number and its source.
        drill: place -> the address of the list with just these rows; "" where there is none.
    """

    name: str
    label: str
    definition: str
    read: Callable[[Any, Any], tuple[int | None, Source]]
    drill: Callable[[Any], str]

    def at(self, place: Any, user: Any) -> Reading:
        """The number for this person at this place."""
        value, source = self.read(place, user)
        return Reading(self, value, source, self.drill(place))


LIVE = Source("CTMS")


def declared() -> list[Metric]:
    """The metrics of all rooms, lowest floor first: what their `metrics` modules hold."""
    return gathering.instances("metrics", Metric)
