"""A site's checklist as it stands: its items, what comes before what, and what keeps a gate shut. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import DateField, Exists, Func, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Cast

from sites.models import (
    Gate,
    ItemHolding,
    ItemStatus,
    OperationalStatus,
    Site,
    SiteChecklist,
    StartUpConfiguration,
    StartUpItem,
)
from sites.startup.configuration import OF_THE_STUDY, Definition, Template, template_of
from sites.startup.gates import Graph, Node

TODAY = Cast(Func(function="ctms_now"), DateField())
_MOST_NAMED = 3
_UNSETTLED = (ItemStatus.OPEN, ItemStatus.IN_PROGRESS)
_OF_WHO_LEFT = Q(engagement__isnull=False) & (Q(engagement__voided=True) | Q(engagement__ends_on__lt=TODAY))
RAN = ("ACTIVATED", "CLOSE_OUT", "CLOSED", "ARCHIVED", "TERMINATED")
UNDER_WAY = (OperationalStatus.START_UP, OperationalStatus.SIV_READY, OperationalStatus.INITIATED)


@dataclass(frozen=True, slots=True)
class Blocker:
    """An item that keeps a gate shut on a day."""

    item: StartUpItem
    checklist: "Checklist"
    on: date

    @property
    def holding(self) -> ItemHolding | None:
        """Who has it, since when; None while it waits for other items, and for one that was settled."""
        return next(iter(self.item.held_now), None)  # type: ignore[attr-defined]  # prefetched

    @property
    def sentence(self) -> str:
        return f"{self.item}, {self.words}" if self.words else str(self.item)

    @property
    def words(self) -> str:
        """Who has it and since when, what it waits for, or why it does not count although it was settled."""
        item = self.item
        if item.actual_on is not None and item.actual_on > self.on:
            return f"settled on {item.actual_on:%-d %b %Y} only"
        if item.is_settled and item.expires_on is not None:
            return f"valid until {item.expires_on:%-d %b %Y} only"
        if self.holding is not None:
            return f"with {self.holding} since {self.holding.since:%-d %b %Y}"
        keys = self.checklist.graph.waited_for(item.pk, self.on)
        others = [one.name for one in self.checklist.in_order() if one.pk in keys]
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        return f"waits for {others[0]}{more}" if others else ""


class Checklist:
    """The items that one site waits for: its own, its people's, and those it shares with country and study.

    Args:
        template: the configuration it goes by.
        country: ISO alpha-2, of the site; "" for what only the study shares.
        today: the day by the database's clock.
        opened_on: when the site began start-up.
    """

    def __init__(
        self, template: Template, country: str, today: date, opened_on: date, items: Iterable[StartUpItem]
    ) -> None:
        self.template, self.country, self.today, self.opened_on = template, country, today, opened_on
        self._expected: dict[int, date] = {}
        self.items = {item.pk: item for item in items if self._is_asked(item)}
        self.graph = Graph(self._node(item) for item in self.items.values())

    def put(self, item: StartUpItem) -> None:
        """Takes an item as it is now."""
        self.graph.put(self._node(item))
        self._expected.clear()

    def definition(self, item: StartUpItem) -> Definition:
        return self.template.by_code[item.code]

    def blockers(self, gate: str, on: date | None = None) -> list[Blocker]:
        """What keeps the gate shut on that day, what somebody has first; today by default."""
        on = on or self.today
        return self._in_words(self.graph.blocking(gate, on), on)

    def waited_for(self, item: StartUpItem, on: date) -> list[Blocker]:
        """What has to be settled before this item can be."""
        return self._in_words(self.graph.waited_for(item.pk, on), on)

    def expected_on(self, item: StartUpItem) -> date:
        """When an item is expected, or was settled.

        What somebody has is expected on its day, also when that has passed. What waits for other items is expected no
        sooner than these and its own duration allow, from today on.
        """
        if item.pk not in self._expected:
            self._expected[item.pk] = self._expected_on(item)
        return self._expected[item.pk]

    def _expected_on(self, item: StartUpItem) -> date:
        if item.actual_on is not None:
            return item.actual_on
        if item.held_now:  # type: ignore[attr-defined]  # prefetched
            return item.expected_on
        before = (self.items[node.key] for node in self.graph.before(self.graph.nodes[item.pk]))
        begins = max([self.today, *map(self.expected_on, before)])
        return max(item.expected_on, self.template.end_of(self.definition(item), begins, self.country))

    def expected_words(self, item: StartUpItem) -> str:
        """The day an open item is expected on: "3 Jun 2024", or "not before 3 Jun 2024" while it waits for others."""
        day = f"{self.expected_on(item):%-d %b %Y}"
        return day if item.is_settled or item.held_now else f"not before {day}"  # type: ignore[attr-defined]

    def opens_on(self, gate: str, on: date | None = None) -> date | None:
        """The day the last of what keeps the gate shut is expected on, also when that has passed; None: it is open."""
        return max((self.expected_on(one.item) for one in self.blockers(gate, on)), default=None)

    @property
    def has_investigator(self) -> bool:
        """Whether anybody is asked for what a principal investigator has to bring; True where nothing is."""
        asked = [one.code for one in self.template.items if "PRINCIPAL_INVESTIGATOR" in one.roles and one.gate]
        return not asked or any(
            item.engagement_id and item.engagement.role == "PRINCIPAL_INVESTIGATOR" for item in self.items.values()
        )

    def in_order(self) -> list[StartUpItem]:
        """The items in the order of the configuration; those of persons by person."""
        place = {one.code: number for number, one in enumerate(self.template.items)}
        return sorted(self.items.values(), key=lambda item: (place[item.code], item.engagement_id or 0))

    def _in_words(self, keys: set[int], on: date) -> list[Blocker]:
        """Those that somebody has first."""
        found = [Blocker(item, self, on) for item in self.in_order() if item.pk in keys]
        return sorted(found, key=lambda one: one.holding is None)

    def _is_asked(self, item: StartUpItem) -> bool:
        rule = self.template.by_code.get(item.code)
        return rule is not None and (item.engagement is None or item.engagement.role in rule.roles)

    def _node(self, item: StartUpItem) -> Node:
        rule = self.definition(item)
        return Node(
            item.pk, item.code, rule.gate, rule.after, item.engagement_id,
            item.actual_on if item.is_settled else None, item.expires_on,
        )  # fmt: skip


def checklists_of(sites: Sequence[Site]) -> dict[int, Checklist]:
    """The checklists of those among these sites of one study that have one, in a fixed number of statements."""
    records = SiteChecklist.objects.filter(site__in=[site.pk for site in sites]).annotate(today=TODAY)
    found = {record.site_id: record for record in records}
    with_list = [site for site in sites if site.pk in found]
    if not with_list:
        return {}
    countries: set[int | None] = {site.country_id for site in with_list}
    of_these = _shared(countries) | Q(site__in=list(found))
    configurations = StartUpConfiguration.objects.defer("content").in_bulk(
        {record.configuration_id for record in found.values()}
    )
    own: dict[Any, list[StartUpItem]] = defaultdict(list)
    for item in _around(_items(with_list[0].study_id, of_these), with_list):
        own[item.site_id or ("country", item.country_id)].append(item)
    lists = {}
    for site in with_list:
        record: Any = found[site.pk]
        items = [*own["country", None], *own["country", site.country_id], *own[site.pk]]
        template = template_of(configurations[record.configuration_id])
        lists[site.pk] = Checklist(template, site.country.country, record.today, record.opened_on, items)
    return lists


def shared_checklist(item: StartUpItem) -> Checklist:
    """The items around one that sites share: those of the study, and of its country."""
    configuration: Any = StartUpConfiguration.objects.annotate(today=TODAY).get(pk=item.configuration_id)
    items = _items(item.study_id, _shared({item.country_id} - {None})).select_related("scope", "study", "country")
    country = item.country.country if item.country else ""
    return Checklist(template_of(configuration), country, configuration.today, configuration.effective_from, items)


def checklist_of(site: Site) -> Checklist | None:
    """The site's checklist, or None before it entered start-up. Read anew each time."""
    return checklists_of([site]).get(site.pk)


def _shared(countries: set[int | None]) -> Q:
    return Q(site=None) & (Q(country=None) | Q(country__in=countries))


def _items(study: int, condition: Q) -> QuerySet[StartUpItem]:
    held = ItemHolding.objects.filter(until=None).select_related("person")
    return (
        StartUpItem.objects.filter(condition, study=study)
        .exclude(_OF_WHO_LEFT)
        .select_related("scope", "engagement__person")
        .prefetch_related(Prefetch("holdings", held, to_attr="held_now"))
    )


def _around(items: Iterable[StartUpItem], sites: Sequence[Site]) -> Iterable[StartUpItem]:
    """The items with what is known of their places, instead of fetching that once for each."""
    by_key = {site.pk: site for site in sites}
    countries = {site.country_id: site.country for site in sites}
    for item in items:
        item.study = sites[0].study
        if item.country_id is not None:
            item.country = countries[item.country_id]
        if item.site_id is not None:
            item.site = by_key[item.site_id]
        yield item


def shut_sentence(site: Site, gate: str, on: date | None) -> str | None:
    """Why the gate is shut for the site, in one sentence; None where it is open.

    A site taken over while it was running, by a signed go-live migration, has no checklist and needs none.
    """
    checklist = checklist_of(site)
    label = Gate(gate).label.lower()
    if checklist is None:
        if was_running_at_go_live(site):
            return None
        return "The site has no start-up checklist yet: open it on its Start-up tab."
    if not checklist.has_investigator:
        return "The site has no principal investigator, whose documents are asked for: add one on its People tab."
    blockers = checklist.blockers(gate, on)
    if not blockers:
        return None
    named = "; ".join(one.sentence for one in blockers[:_MOST_NAMED])
    more = len(blockers) - _MOST_NAMED
    rest = f"; and {more} more on its Start-up tab" if more > 0 else ""
    what = "One item keeps" if len(blockers) == 1 else f"{len(blockers)} items keep"
    return f"{what} the gate “{label}” shut: {named}{rest}."


def was_running_at_go_live(site: Site) -> bool:
    """Whether a signed migration, not corrected since, brought the site here activated or further."""
    return bool(site.status_events.filter(move="OPENING", to_status__in=RAN, corrections=None).exists())


def open_shared_stop(site: Site, on: date) -> StartUpItem | None:
    """An approval for the site's country or the whole study that start-up knows, and that was not there that day."""
    shared = StartUpItem.objects.filter(_shared({site.country_id}), study=site.study_id, is_hard=True)
    stop: StartUpItem | None = (
        shared.exclude(status=ItemStatus.DONE, actual_on__lte=on).select_related("study", "country").first()
    )
    return stop


def open_items(items: QuerySet[StartUpItem]) -> QuerySet[StartUpItem]:
    """Those not settled yet."""
    return items.filter(status__in=_UNSETTLED)


def truths_of(study: Any) -> dict[str, bool | None]:
    """What rules may ask of the study; None where it does not say."""
    return {name: getattr(study, name) for name in OF_THE_STUDY}


def asked_now(items: QuerySet[StartUpItem]) -> QuerySet[StartUpItem]:
    """The items that somebody still works towards: shared ones, and those of sites between start-up and activation."""
    return items.filter(Q(site=None) | Q(site__operational_status__in=UNDER_WAY)).exclude(_OF_WHO_LEFT)


def overdue(on: Any = TODAY) -> Q:
    """Items that somebody has and should have settled before this day; today by default."""
    held = ItemHolding.objects.filter(item=OuterRef("pk"), until=None)
    return Q(Exists(held), status__in=_UNSETTLED, expected_on__lt=on)
