"""One subject in three systems, side by side: who says what, from which source, of when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ctms.core.metrics import NOT_YET
from ctms.integrations.models import SourceFact
from ctms.integrations.registry import Kind
from ctms.integrations.wording import age
from ctms.studies.models import Study
from enrollment.models import Discrepancy, Milestone, Subject
from enrollment.reconcile import SYSTEMS, Sides
from enrollment.sides import sides_of


@dataclass(frozen=True, slots=True)
class Side:
    """A system: its name, of when what was read of it is, and how long ago that was; ours is live."""

    label: str
    as_of: datetime | None
    age: str


@dataclass(frozen=True, slots=True)
class Row:
    """One thing, as each system has it; "" where it says nothing."""

    label: str
    says: tuple[str | date, ...]
    differs: bool


def side_by_side(study: Study, one: Discrepancy, *, at: datetime) -> tuple[list[Side], list[Row]]:
    """EDC, IRT and CTMS, in this order: the systems, and what each says of the subject."""
    sides = sides_of(study)
    said = {kind: _said(sides, kind, one.number) for kind in SYSTEMS}
    subject = Subject.objects.filter(study=study, number=one.number).select_related("site").first()
    ours: dict[str, Any] = {"": subject.site.number} if subject else {}
    if subject:
        ours |= {milestone: subject.day_of(milestone) for milestone in Milestone if subject.day_of(milestone)}
    columns = [said[Kind.EDC], said[Kind.IRT], ours]
    heads = [Side(kind.label, as_of := sides.as_of.get(kind), age(as_of, at) or NOT_YET) for kind in SYSTEMS]
    heads.append(Side(Kind.CTMS.label, at, "live"))
    rows = [Row("Site", tuple(column.get("", "") for column in columns), not one.milestone)]
    for milestone in Milestone:
        says = tuple(column.get(milestone, "") for column in columns)
        if any(says):
            rows.append(Row(milestone.label, says, milestone == one.milestone))
    return heads, rows


def _said(sides: Sides, kind: Kind, number: str) -> dict[str, Any]:
    """Milestone -> day, and "" -> the site; corrections counted in."""
    keys = sides.connections.get(kind, [])
    facts = list(SourceFact.objects.filter(connection__in=keys, subject=number, gone_at=None,
                                           what__in=("SUBJECT", "DAY")))  # fmt: skip
    fixes = {fix.ref: fix for fix in SourceFact.objects.filter(
        connection__in=keys, what="CORRECTION", ref__in=[fact.key for fact in facts]).order_by("version")}  # fmt: skip
    words = {(key, theirs): ours for key, theirs, ours in sides.words}
    places = {(key, theirs): ours for key, theirs, ours in sides.places}
    found: dict[str, Any] = {}
    sites = sorted({places.get((fact.connection_id, fact.place), fact.place) for fact in facts if fact.place})
    if sites:
        found[""] = ", ".join(sites)
    for milestone, day in _days(facts, fixes, words):
        found[milestone] = min(day, found.get(milestone, day))
    return found


def _days(facts: Iterable[SourceFact], fixes: dict[str, Any], words: dict[Any, str]) -> Iterable[tuple[str, date]]:
    for fact in facts:
        milestone, fix = words.get((fact.connection_id, fact.event)), fixes.get(fact.key)
        day = fix.day if fix and fix.day else fact.day
        if fact.what == "DAY" and milestone and day and not (fix and fix.state == "VOID"):
            yield milestone, day
