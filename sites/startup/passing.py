"""The ball comes into somebody's court: what an item came after is settled, so whoever has it first has it now."""

from collections.abc import Iterable
from datetime import date

from sites.models import ItemHolding, Site, StartUpConfiguration, StartUpItem
from sites.startup.checklist import UNDER_WAY, Checklist, checklists_of


def one_at_a_time(study: int) -> None:
    """Lets one transaction at a time change a study's items: sites share some, so they would meet in any order.

    After the lock of a site, before that of any item.
    """
    rows = StartUpConfiguration.objects.filter(study=study).order_by("id")
    rows.select_for_update(of=("self",)).values_list("pk", flat=True).first()


def pass_on(sites: Iterable[Site]) -> None:
    """Hands the items of these sites of one study that wait for nothing any more to whoever has them first.

    From that day on they take as long as the configuration says, so the day they are expected moves with it. In a fixed
    number of statements for any number of sites.
    """
    pass_on_within(checklists_of(list(sites)).values())


def pass_on_within(checklists: Iterable[Checklist]) -> None:
    """The same for checklists as they stand now."""
    seen: set[int] = set()
    holdings, moved = [], []
    for checklist in checklists:
        for item in checklist.items.values():
            if item.pk in seen or item.is_settled or item.held_now:  # type: ignore[attr-defined]  # prefetched
                continue
            if checklist.graph.waited_for(item.pk, checklist.today):
                continue
            seen.add(item.pk)
            rule, begins = checklist.definition(item), _begins(checklist, item)
            holdings.append(
                ItemHolding(
                    sponsor_id=item.sponsor_id, study_id=item.study_id, item=item, party=rule.holder, since=begins
                )
            )
            expected = checklist.template.end_of(rule, begins, checklist.country)
            if expected > item.expected_on:
                item.expected_on = expected
                moved.append(item)
    ItemHolding.objects.bulk_create(holdings)
    StartUpItem.objects.bulk_update(moved, ["expected_on"])


def sites_sharing(item: StartUpItem) -> list[Site]:
    """The sites in start-up that wait for a shared item."""
    sites = Site.objects.filter(study=item.study_id, operational_status__in=UNDER_WAY, checklist__isnull=False)
    if item.country_id:
        sites = sites.filter(country=item.country_id)
    return list(sites.select_related("country"))


def _begins(checklist: Checklist, item: StartUpItem) -> date:
    """The day on which the last of what it came after was settled; at the earliest, when the checklist was opened."""
    before = checklist.graph.before(checklist.graph.nodes[item.pk])
    return max([checklist.opened_on, *(node.settled_on for node in before if node.settled_on)])
