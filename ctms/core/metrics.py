"""Numbers are declared: what is counted, in words and as a query, from which system, and where the rows can be seen.

Pages print numbers through the number component, which takes a `Reading`; a house test refuses counts elsewhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.timezone import localtime

from ctms.core import gathering, money

NOT_YET = "not read to the end yet"  # of another system
STALE_AFTER = timedelta(hours=24)  # since another system last said something; from then on pages warn


@dataclass(frozen=True, slots=True)
class Source:
    """Which system says so, and of when; `said_at` where the hour is known, `is_stale` where that is too long ago.

    Without a day it is our own database, now; another system then has not been read to the end yet.
    """

    system: str
    as_of: date | None = None
    said_at: datetime | None = None
    is_stale: bool = False

    @property
    def age(self) -> str:
        if self.said_at is not None and not self.is_stale:
            return f"{localtime(self.said_at):%H:%M}"
        if self.as_of is None:
            return "live" if self.system == LIVE.system else NOT_YET
        return f"{self.as_of:%-d %b %Y}"

    @property
    def when(self) -> str:
        """The same in full."""
        if self.said_at is None:
            return self.age
        return f"{localtime(self.said_at):%-d %b %Y %H:%M %Z}" + (", more than a day ago" if self.is_stale else "")


def said(system: str, at: datetime | None, now: datetime, *, oldest: datetime | None = None) -> Source:
    """Another system, and when it said so; None: not all of it was read to the end yet, and `oldest` of what was."""
    since = at or oldest
    is_stale = since is not None and now - since > STALE_AFTER
    return Source(system, at.date() if at else None, at, is_stale)


LIVE = Source("CTMS")


class Amounts(dict[str, Decimal]):
    """Sums of money, currency by currency: what is in different currencies is never added."""

    def __str__(self) -> str:
        return ", ".join(money.words(amount, code) for code, amount in sorted(self.items()) if amount) or "nothing"


Value = int | Amounts | None


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that pages show.

    Args:
        name: stable, "<app>.<noun>".
        label: on the page.
        definition: one sentence that says exactly what is counted.
        facts: (places, user) -> for each place, what this metric and perhaps others are picked from; in as many
            statements for a hundred places as for one.
        pick: facts of a place -> the number and its source.
        drill: place -> the address of the list with just these rows, for amounts those they add up; "" where there is
            none.
        generated: counts what is made up, not published, where the database is a simulated one; pages say so.
        reach: a few words behind the number, where it reaches beyond the place or what this person may see.
        part, whole: of a share in percent, the metric it is a part of and those that make up the whole.
    """

    name: str
    label: str
    definition: str
    facts: Callable[[Sequence[Any], Any], Sequence[Any]]
    pick: Callable[[Any], tuple[Value, Source]]
    drill: Callable[[Any], str]
    generated: bool = False
    reach: str = ""
    part: "Metric | None" = None
    whole: tuple["Metric", ...] = ()

    @property
    def unit(self) -> str:
        return "%" if self.part else ""


def share(name: str, label: str, definition: str, part: Metric, *whole: Metric) -> Metric:
    """A metric in percent; leads to the list of the part. All are picked from the same facts."""

    def pick(facts: Any) -> tuple[int | None, Source]:
        number, source = part.pick(facts)
        parts = [one.pick(facts)[0] for one in whole]
        total = sum(one for one in parts if isinstance(one, int))
        if not isinstance(number, int) or not total:
            return None, source
        return (200 * number + total) // (2 * total), source  # half a percent goes up, as in SQL

    return Metric(
        name, label, definition, part.facts, pick, part.drill, generated=part.generated, part=part, whole=whole
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """A metric read at one place: None means that nobody knows, which is not zero."""

    metric: Metric
    told: Value
    source: Source
    url: str  # the list of what was counted

    @property
    def value(self) -> int | None:
        """The count; None for amounts."""
        return None if isinstance(self.told, Amounts) else self.told

    @property
    def amounts(self) -> Amounts:
        """The amounts; none for a count."""
        return self.told if isinstance(self.told, Amounts) else Amounts()

    @property
    def is_known(self) -> bool:
        return self.told is not None

    @property
    def text(self) -> str:
        if isinstance(self.told, Amounts):
            return str(self.told)
        if self.told is None:
            return ""
        return f"{self.told:,}" + (f"\N{NO-BREAK SPACE}{self.metric.unit}" if self.metric.unit else "")

    @property
    def anchor(self) -> str:
        """The name's form for an id on the page."""
        return self.metric.name.replace(".", "-")


def read(
    metrics: Sequence[Metric], places: Sequence[Any], user: Any, facts: dict[Any, Sequence[Any]] | None = None
) -> list[list[Reading]]:
    """One row of readings per place, for this person. Facts that several metrics share are asked once.

    Args:
        facts: what was asked for these places already; what is asked now is put there too.
    """
    facts = {} if facts is None else facts
    for ask in dict.fromkeys(metric.facts for metric in metrics):
        if ask not in facts:
            facts[ask] = ask(places, user)
    return [
        [Reading(metric, *metric.pick(facts[metric.facts][number]), metric.drill(place)) for metric in metrics]
        for number, place in enumerate(places)
    ]


def read_here(metrics: Sequence[Metric], place: Any, user: Any) -> list[Reading]:
    """The readings at one place."""
    return read(metrics, [place], user)[0]


def declared() -> list[Metric]:
    """The metrics of all rooms, lowest floor first: what their `metrics` modules hold."""
    return gathering.instances("metrics", Metric)
