"""Working through a site's checklist: opening it, settling items, handing them over, putting them right."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import DateField, F, Value
from django.db.models.functions import Cast, Greatest

from ctms.accounts.models import User
from ctms.core.acting import says_why
from ctms.core.editing import refuse_without
from ctms.core.lifecycle import Request
from ctms.core.permission import demand
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from sites.models import ItemHolding, ItemStatus, Party, Site, SiteEvidence, StartUpItem
from sites.startup.checklist import UNDER_WAY, Checklist, checklist_of, shared_checklist
from sites.startup.configuration import Definition, template_of
from sites.startup.lifecycle import ITEM, why_not_configured
from sites.startup.opening import configuration_for, make_checklist
from sites.startup.parties import people_near
from sites.startup.passing import one_at_a_time, pass_on, pass_on_within, sites_sharing

_SAVED = ["status", "actual_on", "reference", "expires_on", "settled_by"]


@dataclass(frozen=True, slots=True)
class Settlement:
    """That an item was settled: on which day, where the proof is, and until when that is valid."""

    on: date
    reference: str
    expires_on: date | None = None


@use_case
def open_checklist(*, site: Site, by: User, at: datetime) -> None:
    """Makes the checklist of a site that came to start-up before there was a configuration, or by a migration."""
    site = Site.objects.select_related("facility", "scope", "country__scope", "study__scope").locked(site.pk)
    demand(
        by=by, verb="sites.start_site", record=site, code="MAY_NOT_OPEN",
        sentence="Your roles do not include opening a site's start-up checklist.",
    )  # fmt: skip
    if site.operational_status not in UNDER_WAY:
        raise Refusal("NOT_IN_START_UP", "Only a site in start-up gets a checklist.")
    if checklist_of(site) is not None:
        raise Refusal("HAS_CHECKLIST", "The site has its checklist already.")
    begin_checklist(site, on=site.today(at), by=by, at=at)


def begin_checklist(site: Site, *, on: date, by: User, at: datetime) -> None:
    """Makes the checklist by the configuration in force, or refuses with why there is none."""
    configuration = configuration_for(site.study_id, on)
    if sentence := why_not_configured(site, configuration):
        raise Refusal("NO_CONFIGURATION", sentence)
    assert configuration is not None
    make_checklist(site, configuration, on=on, by=by, at=at)


def lock_items(site: Site) -> None:
    """Holds still whatever the site's gates look at, until the transaction ends; in the order of every other lock."""
    one_at_a_time(site.study_id)
    rows = StartUpItem.objects.filter(study=site.study_id)
    own = rows.filter(site=site) | rows.filter(site=None, country=site.country_id) | rows.filter(country=None)
    list(own.order_by("id").select_for_update(of=("self",)).values_list("pk", flat=True))


@use_case
def complete_item(*, item: StartUpItem, settlement: Settlement, by: User, at: datetime) -> StartUpItem:
    """Settles one item. One that a dated fact settles is settled by recording the fact."""
    return settle_items(items={item.pk: settlement}, by=by, at=at)[0]


@use_case
def settle_items(*, items: Mapping[int, Settlement], by: User, at: datetime) -> list[StartUpItem]:
    """Settles several items of one place, each after those it comes after: all of them, or none.

    Args:
        items: key of the item -> how it was settled. Items of one site, or of one country, or of the study.

    Raises:
        NotAllowed, BadInput, Refusal: with the item it is about.
    """
    rows, around, site = _locked(items)
    done = []
    for item in [one for one in around.in_order() if one.pk in rows]:
        _settle(item, items[item.pk], around, site, by, at)
        around.put(item)
        done.append(item)
    if len(done) < len(items):
        raise Refusal("NOT_ASKED", "One of these is not asked for any more.")
    StartUpItem.objects.bulk_update(done, _SAVED)
    end_holdings(done)
    if site:
        pass_on_within([around])
    else:
        pass_on(sites_sharing(done[0]))
    return done


@use_case
def reopen_item(*, item: StartUpItem, reason: str, by: User, at: datetime) -> StartUpItem:
    """Says that an item is not settled after all. Moves made on its strength stay, and are corrected apart."""
    item = locked_item(item)
    rule = _rule(item)
    if rule.fact:
        raise Refusal("BY_FACT", "A fact settles this item: withdraw it on the site's Evidence tab.")
    ITEM.advance(item, "reopen", Request(by, reason=reason))
    reopened(item, rule.holder, at.date())
    return item


@use_case
def hand_over(
    *, item: StartUpItem, party: str, person: User | None, on: date, by: User, at: datetime, note: str = ""
) -> ItemHolding:
    """Puts on record who has the item from that day; it had somebody else until then."""
    item = locked_item(item)
    refuse_without(by, "sites.edit_startup", item, "working on this item")
    fields = {}
    if party not in Party.values:
        fields["party"] = "Choose who has it."
    if on > at.date():
        fields["on"] = "This day has not come yet."
    if item.is_settled:
        raise Refusal("SETTLED", "The item is settled: nobody has it any more.")
    if person is not None and not people_near(item).filter(pk=person.pk).exists():
        fields["person"] = "Choose somebody who has a role here."
    now = ItemHolding.objects.filter(item=item, until=None).first()
    if now is not None and on < now.since:
        fields["on"] = f"It came to {now} on {now.since:%-d %b %Y}; this cannot have happened before."
    if fields:
        raise BadInput("HAND_OVER", "It cannot be handed over like this.", fields=fields)
    if now is not None and (now.party, now.person_id) == (party, person.pk if person else None):
        raise Refusal("HAS_IT", f"{now} has it already.")
    ItemHolding.objects.filter(item=item, until=None).update(until=on)
    if item.status == ItemStatus.OPEN:
        ITEM.advance(item, "begin", Request(by))
        item.save(update_fields=["status"])
    return ItemHolding.objects.create(
        sponsor_id=item.sponsor_id, study_id=item.study_id, item=item, party=party, person=person, since=on,
        note=note.strip(),
    )  # fmt: skip


@use_case
def expect_item(*, item: StartUpItem, expected_on: date, reason: str, by: User, at: datetime) -> StartUpItem:
    """Says for when the item is expected now, and why that changed. What was planned stays."""
    item = locked_item(item)
    refuse_without(by, "sites.edit_startup", item, "working on this item")
    if item.is_settled:
        raise Refusal("SETTLED", "The item is settled.")
    if not says_why(reason):
        raise BadInput("REASON", "Say why.", fields={"reason": "Say why the day changed."})
    item.expected_on = expected_on
    item.save(update_fields=["expected_on"])
    return item


def reopened(item: StartUpItem, holder: str, on: date) -> None:
    """Saves an item as open again; whoever had it by the configuration has it from that day."""
    item.status, item.actual_on, item.expires_on, item.settled_by = ItemStatus.IN_PROGRESS, None, None, None
    item.save(update_fields=_SAVED)
    if not ItemHolding.objects.filter(item=item, until=None).exists():
        ItemHolding.objects.create(
            sponsor_id=item.sponsor_id, study_id=item.study_id, item=item, party=holder, since=on
        )


def follow_facts(sites: Iterable[int], on: date) -> None:
    """Settles and reopens the items of these sites that facts settle, as the evidence that holds now says."""
    rows = StartUpItem.objects.filter(site__in=list(sites), engagement=None).select_related("configuration", "site")
    rows = rows.defer("configuration__content")
    items = [item for item in rows if _rule(item).fact]
    if not items:
        return
    one_at_a_time(items[0].study_id)
    holding = SiteEvidence.objects.filter(
        site__in={item.site_id for item in items}, replaced_by=None, withdrawn=False
    ).order_by("occurred_on", "id")  # fmt: skip
    facts: dict[tuple[int, str], SiteEvidence] = {}
    for one in holding:
        facts.setdefault((one.site_id, one.code), one)
    settled, fallen = [], []
    for item in items:
        assert item.site_id is not None
        fact = next((facts[item.site_id, code] for code in _rule(item).fact if (item.site_id, code) in facts), None)
        if fact is not None:
            item.status, item.actual_on, item.reference = ItemStatus.DONE, fact.occurred_on, fact.reference
            item.settled_by_id = fact.recorded_by_id
            settled.append(item)
        elif item.is_settled:
            fallen.append(item)
    StartUpItem.objects.bulk_update(settled, _SAVED)
    end_holdings(settled)
    for item in fallen:
        reopened(item, _rule(item).holder, on)
    if settled:
        pass_on(Site.objects.filter(pk__in={item.site_id for item in settled}).select_related("country"))


def _settle(item: StartUpItem, said: Settlement, around: Checklist, site: Site | None, by: User, at: datetime) -> None:
    rule = around.definition(item)
    if rule.fact:
        raise Refusal("BY_FACT", f"{item}: a dated fact settles this. Record it on the site's Evidence tab.")
    if rule.kind == "GREEN_LIGHT":
        _refuse_green_light(item, around, by)
    ITEM.advance(item, "complete", Request(by, said.on))
    expires_on = _expiry(rule, said)
    fields = {}
    if said.on > (site.today(at) if site else at.date()):
        fields["on"] = "This day has not come yet."
    if not said.reference.strip():
        fields["reference"] = "Say where the proof is filed."
    if rule.expires and expires_on is None:
        fields["expires_on"] = "Say until when it is valid."
    if expires_on is not None and expires_on < said.on:
        fields["expires_on"] = "It would have run out before the day it was settled."
    if fields:
        raise BadInput("ITEM", f"{item} cannot be settled like this.", fields=fields)
    if blockers := around.waited_for(item, said.on):
        more = f", and {len(blockers) - 1} more" if len(blockers) > 1 else ""
        raise Refusal("WAITS", f"{item} comes after {blockers[0].sentence}{more}.")
    item.actual_on, item.expires_on, item.reference = said.on, expires_on, said.reference.strip()
    item.settled_by = by


def _refuse_green_light(item: StartUpItem, around: Checklist, by: User) -> None:
    """A second person looks at the package: not who put it together."""
    demand(
        by=by, verb="sites.give_green_light", record=item, code="MAY_NOT_GIVE",
        sentence=f"Your roles do not include: {item.name.lower()}.",
    )  # fmt: skip
    own = (one for one in around.items.values() if one.site_id and one.kind != "GREEN_LIGHT")
    if any(one.settled_by_id == by.pk for one in own):
        sentence = "Who settled an item of this site does not give it its green light: that takes a second person."
        raise Refusal("SEGREGATION", sentence, recorded=True)


def _expiry(rule: Definition, said: Settlement) -> date | None:
    if said.expires_on is not None or not rule.expires.isdigit():
        return said.expires_on
    months = said.on.month - 1 + int(rule.expires)
    year, month = said.on.year + months // 12, months % 12 + 1
    for day in range(said.on.day, 0, -1):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    return None


def _locked(keys: Mapping[int, Any]) -> tuple[dict[int, StartUpItem], Checklist, Site | None]:
    """The items, locked after their site; and the checklist around them."""
    first = StartUpItem.objects.filter(pk__in=list(keys)).select_related("site").first()
    if first is None:
        raise Refusal("NO_ITEMS", "There is nothing to settle.")
    sites = Site.objects.select_related("facility", "country")
    site = sites.locked(first.site_id) if first.site_id else None
    one_at_a_time(first.study_id)
    rows = StartUpItem.objects.filter(pk__in=list(keys)).order_by("id").select_for_update(of=("self",))
    locked = {item.pk: item for item in rows}
    if len({(item.site_id, item.country_id) for item in locked.values()}) != 1:
        raise Refusal("SEVERAL_PLACES", "Items of several places are settled place by place.")
    around = checklist_of(site) if site else shared_checklist(first)
    assert around is not None, "an item of a site without a checklist"
    return locked, around, site


def locked_item(item: StartUpItem) -> StartUpItem:
    """The item as it is now, locked after its site."""
    if item.site_id:
        Site.objects.locked(item.site_id)
    one_at_a_time(item.study_id)
    locked: StartUpItem = StartUpItem.objects.select_related(
        "scope", "configuration", "study", "country", "site", "engagement__person"
    ).locked(item.pk)  # fmt: skip
    return locked


def _rule(item: StartUpItem) -> Definition:
    return template_of(item.configuration).by_code[item.code]


def end_holdings(items: Iterable[StartUpItem]) -> None:
    """Nobody has a settled item any more."""
    by_day: dict[date, list[int]] = defaultdict(list)
    for item in items:
        assert item.actual_on is not None
        by_day[item.actual_on].append(item.pk)
    for day, keys in by_day.items():
        ItemHolding.objects.filter(item__in=keys, until=None).update(
            until=Greatest(F("since"), Cast(Value(day), DateField()))
        )
