"""Facts that money follows from, as the rooms below tell them: `settings.PAYABLE_FACTS` names who is asked.

A provider gives all facts of a study, every time: what it no longer gives is taken back. Where there are many, it gives
them as a query, which is then read inside the database.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from ctms.studies.models import Study
from ctms.web.templatetags.ctms import day, utc
from finance.models import FactKind
from sites.models import OperationalStatus
from sites.queries import first_arrivals


@dataclass(frozen=True, slots=True)
class PayableFact:
    """Something that happened and may be paid for.

    Args:
        fact_id: our own, the same whatever its source calls it and however often it says so: "site/12/ACTIVATED".
        kind: of `finance.models.FactKind`.
        site_id: the key of the site.
        occurred_on: the day it happened.
        subject: the subject's number in the study; "" for a fact of the site.
        quantity: how many of it.
        item: which one of its kind: a visit's code in the schedule.
        source: which system and record say so and by which message, in a line.
        occasion: what people call it, where a fee may be for any of its kind: "Week 4".
    """

    fact_id: str
    kind: str
    site_id: int
    occurred_on: date
    subject: str = ""
    quantity: Decimal = Decimal(1)
    item: str = ""
    source: str = ""
    occasion: str = ""


FIELDS = tuple(field.name for field in fields(PayableFact))

Facts = Iterable[PayableFact] | QuerySet[Any]
"""Facts one by one, or a query whose values are named as the fields of `PayableFact`."""


@dataclass(frozen=True, slots=True)
class FactProvider:
    """One entry of `settings.PAYABLE_FACTS`: the facts of one room about a study, and of which kinds they are."""

    kinds: frozenset[FactKind]
    facts: Callable[[Study], Facts]

    def __call__(self, study: Study) -> Facts:
        return self.facts(study)


def telling(*kinds: FactKind) -> Callable[[Callable[[Study], Facts]], FactProvider]:
    """Makes a function the provider of these kinds of facts."""
    return lambda facts: FactProvider(frozenset(kinds), facts)


def providers() -> list[FactProvider]:
    return [import_string(path) for path in settings.PAYABLE_FACTS]


def untold() -> list[FactKind]:
    """The kinds that no provider tells: a fee for one of them is never due, and pages say so."""
    told = frozenset[FactKind]().union(*(provider.kinds for provider in providers()))
    return [kind for kind in FactKind if kind not in told]


_KIND_OF = {
    OperationalStatus.ACTIVATED: FactKind.SITE_ACTIVATED,
    OperationalStatus.CLOSE_OUT: FactKind.SITE_CLOSING,
    OperationalStatus.CLOSED: FactKind.SITE_CLOSED,
}


@telling(*_KIND_OF.values())
def of_sites(study: Study) -> Iterable[PayableFact]:
    """Which sites were activated, came to close-out and were closed, each on the day it first did."""
    for arrival in first_arrivals(study, _KIND_OF):
        yield PayableFact(
            fact_id=f"site/{arrival.site_id}/{arrival.status}", kind=_KIND_OF[OperationalStatus(arrival.status)],
            site_id=arrival.site_id, occurred_on=arrival.on,
            source=f"CTMS: {arrival.number} came to “{OperationalStatus(arrival.status).label}” on {day(arrival.on)}, "
            f"recorded {utc(arrival.recorded_at)}",
        )  # fmt: skip
