"""Where each site in start-up stands, item by item: the board, for pages and programs alike. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sites.filters import STAGES
from sites.models import ItemHolding, Party, Site, StartUpItem
from sites.startup.checklist import Blocker, Checklist, checklists_of
from sites.startup.configuration import template_of
from sites.startup.opening import configuration_for
from sites.startup.parties import OURS

VIEWS = {"": "In start-up", "late": "Late", "us": "Waiting on us", "others": "Waiting on site or authority"}
STATES = {"ok": "done", "info": "in progress", "open": "after other items", "bad": "late", "none": "not asked for"}
"""Tone of a cell -> what it says."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How far a site's items of one column are: their last day once all are settled, else what is still missing."""

    column: str
    tone: str
    text: str
    words: str
    items: Sequence[StartUpItem]


class Row:
    """A site on the board."""

    def __init__(self, site: Site, checklist: Checklist | None, today: date) -> None:
        self.site, self.checklist, self.today = site, checklist, today
        self.blockers: list[Blocker] = checklist.blockers("ACTIVATION", today) if checklist else []
        waiting = [one.item for one in self.blockers]
        self.late = [one.item for one in self.blockers if one.holding and one.item.expected_on < today]
        self.expected_on = checklist.opens_on("ACTIVATION", today) if checklist else None
        planned = max((item.planned_on for item in waiting), default=None)
        self.slip = (self.expected_on - planned).days if self.expected_on and planned else 0

    def is_in(self, view: str) -> bool:
        if view == "late":
            return bool(self.late)
        held = {one.holding.party for one in self.blockers if one.holding}
        if view == "us":
            return any(party in held for party in OURS)
        return any(party not in OURS for party in held) if view == "others" else True

    @property
    def late_by(self) -> int:
        """Days by which the latest of its items is late."""
        return max(((self.today - item.expected_on).days for item in self.late), default=0)

    def cells(self, columns: Iterable[str]) -> list[Cell]:
        by_column: dict[str, list[StartUpItem]] = {}
        if self.checklist is not None:
            for item in self.checklist.in_order():
                by_column.setdefault(self.checklist.definition(item).column, []).append(item)
        return [self._cell(column, by_column.get(column, [])) for column in columns]

    def _cell(self, column: str, items: Sequence[StartUpItem]) -> Cell:
        expected = max(map(self.checklist.expected_on, items), default=None) if self.checklist else None
        return cell_of(column, items, self.today, expected)


class Board:
    """The sites of a study on their way from selection to activation, as far as this person sees them.

    Args:
        view: one of VIEWS.
        start, size: of a page; all by default.
    """

    def __init__(
        self, study: Any, user: Any, today: date, *, country: str = "", view: str = "", start: int = 0,
        size: int | None = None,
    ) -> None:  # fmt: skip
        sites = Site.objects.visible_in(study, user).filter(operational_status__in=STAGES["starting"][1])
        if country:
            sites = sites.filter(country__country=country.upper())
        found = sorted(sites.select_related("country", "facility"), key=lambda one: (one.country.name, one.number))
        end = None if size is None else start + size
        here = found if view else found[start:end]  # who is in a view is known only once all were looked at
        lists = checklists_of(here)
        rows = [row for site in here if (row := Row(site, lists.get(site.pk), today)).is_in(view)]
        self.rows = rows[start:end] if view else rows
        self.has_more = end is not None and len(rows if view else found) > end
        self.columns = self._columns(study, lists.values())

    @staticmethod
    def _columns(study: Any, lists: Iterable[Checklist]) -> list[str]:
        """Of the versions that the sites shown go by; of the one in force where none has a checklist yet."""
        columns = dict.fromkeys(column for one in lists for column in one.template.columns)
        if not columns and (current := configuration_for(study.pk, None)):
            return template_of(current).columns
        return list(columns)


def cell_of(column: str, items: Sequence[StartUpItem], today: date, expected: date | None) -> Cell:
    """What the board says of these items, the last of which is expected on a day."""

    def cell(tone: str, text: str, words: str = "") -> Cell:
        return Cell(column, tone, text, words or STATES[tone], items)

    if not items:
        return cell("none", "\N{EN DASH}")
    settled = [item for item in items if item.is_settled]
    if len(settled) == len(items):
        last = max(item.actual_on for item in settled if item.actual_on)
        return cell("ok", f"{last:%-d %b}")
    held = [one for item in items for one in held_now(item)]
    late = [item for item in items if held_now(item) and item.expected_on < today]
    if late:
        return cell("bad", f"+{max((today - item.expected_on).days for item in late)} d")
    if len(items) > 1 and settled:
        return cell("info", f"{len(settled)}/{len(items)}")
    if held:
        return cell("info", f"{expected:%-d %b}", f"with {Party(held[0].party).label}, expected")
    return cell("open", "\N{WHITE CIRCLE}")


def held_now(item: StartUpItem) -> list[ItemHolding]:
    """Who has an item of a checklist: one, or nobody."""
    return item.held_now  # type: ignore[attr-defined]  # prefetched
