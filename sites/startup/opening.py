"""Which configuration is in force, and the items that a site's checklist is made of. Written in a few statements."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from ctms.accounts.models import User
from sites.models import (
    ConfigurationStatus,
    ItemStatus,
    Site,
    SiteChecklist,
    SiteEvidence,
    SitePersonnel,
    StartUpConfiguration,
    StartUpItem,
)
from sites.startup.checklist import TODAY, truths_of
from sites.startup.configuration import Definition, Template, in_order, template_of
from sites.startup.gates import GATES
from sites.startup.passing import one_at_a_time, pass_on


def configuration_for(study: int, on: date | None) -> StartUpConfiguration | None:
    """The version in force on that day: of the approved ones the latest that had begun; None day: the latest of all.

    Before the first had begun it is the first, as soon as that has: sites that came here later began start-up then.
    """
    approved = StartUpConfiguration.objects.filter(study=study, status=ConfigurationStatus.APPROVED)
    approved = approved.order_by("effective_from", "number")
    if on is None:
        return approved.last()
    return approved.filter(effective_from__lte=on).last() or approved.filter(effective_from__lte=TODAY).first()


def make_checklist(site: Site, configuration: StartUpConfiguration, *, on: date, by: User, at: datetime) -> None:
    """Makes the site's checklist by this configuration, which the caller checked; shared items that are there stay.

    Items that a fact on record settles are settled from the start.
    """
    one_at_a_time(site.study_id)
    template = template_of(configuration)
    country = site.country.country
    record = SiteChecklist.objects.create(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, configuration=configuration, opened_on=on,
        opened_at=at, opened_by=by,
    )  # fmt: skip
    truths = {name: bool(value) for name, value in truths_of(site.study).items()}
    wanted = in_order(template.items_for(country, truths), template)
    crew = list(_crew(site, on))
    present = StartUpItem.objects.filter(study=site.study_id, site=None)
    shared = {(item.level, item.country_id, item.code): item for item in present}
    maker = _Maker(site, record, template, on)
    for rule in wanted:
        place = site.country_id if rule.level == "country" else None
        known = shared.get((rule.level, place, rule.code)) if rule.level in ("study", "country") else None
        if known is not None:
            maker.knows(known)
        elif rule.level == "person":
            for engagement in crew:
                if engagement.role in rule.roles:
                    maker.add(rule, engagement)
        else:
            maker.add(rule)
    StartUpItem.objects.bulk_create(maker.made)
    pass_on([site])


def add_for_engagements(engagements: Iterable[SitePersonnel]) -> None:
    """What is asked of people who come to sites, or to another role there, after the checklist was made."""
    engagements = list(engagements)
    lists = SiteChecklist.objects.filter(site__in={one.site_id for one in engagements})
    by_site = {
        record.site_id: record
        for record in lists.select_related("configuration", "site__scope", "site__country", "site__study")
    }
    for study in {record.study_id for record in by_site.values()}:
        one_at_a_time(study)
    asked = StartUpItem.objects.filter(engagement__in=[one.pk for one in engagements])
    present = set(asked.values_list("engagement_id", "code"))
    made: list[StartUpItem] = []
    for engagement in engagements:
        record = by_site.get(engagement.site_id)
        if record is None:
            continue
        site, template = record.site, template_of(record.configuration)
        begins = max(engagement.starts_on or record.opened_on, record.opened_on)
        maker = _Maker(site, record, template, begins)
        truths = {name: bool(value) for name, value in truths_of(site.study).items()}
        for rule in in_order(template.items_for(site.country.country, truths), template):
            if rule.level == "person" and engagement.role in rule.roles and (engagement.pk, rule.code) not in present:
                maker.add(rule, engagement)
        made += maker.made
    StartUpItem.objects.bulk_create(made)
    pass_on(record.site for record in by_site.values())


class _Maker:
    """Makes items in the order in which they come after each other, so that each is planned after those."""

    def __init__(self, site: Site, record: SiteChecklist, template: Template, on: date) -> None:
        self.site, self.record, self.template, self.on = site, record, template, on
        self.made: list[StartUpItem] = []
        self.ends: dict[str, date] = {}
        self.gate_ends: dict[str, date] = {}
        self.facts = {one.code: one for one in SiteEvidence.objects.filter(
            site=site, replaced_by=None, withdrawn=False)}  # fmt: skip

    def knows(self, item: StartUpItem) -> None:
        self._ends(self.template.by_code[item.code], item.actual_on or item.expected_on)

    def add(self, rule: Definition, engagement: SitePersonnel | None = None) -> None:
        site = self.site
        begins = max([self.on, *(self.ends[code] for code in rule.after if code in self.ends),
                      *(self._gate(code[1:]) for code in rule.after if code.startswith("@"))])  # fmt: skip
        planned = self.template.end_of(rule, begins, site.country.country)
        item = StartUpItem(
            sponsor_id=site.sponsor_id, study_id=site.study_id, configuration_id=self.record.configuration_id,
            scope=_scope(rule, site), code=rule.code, name=rule.name, level=rule.level, kind=rule.kind, gate=rule.gate,
            is_hard=rule.is_hard, planned_on=planned, expected_on=planned,
            country_id=None if rule.level == "study" else site.country_id,
            site=site if rule.level in ("site", "person") else None, engagement=engagement,
        )  # fmt: skip
        fact = next((self.facts[code] for code in rule.fact if code in self.facts), None)
        if fact is not None:
            item.status, item.actual_on, item.reference = ItemStatus.DONE, fact.occurred_on, fact.reference
            item.settled_by_id = fact.recorded_by_id
        self._ends(rule, item.actual_on or planned)
        self.made.append(item)

    def _ends(self, rule: Definition, on: date) -> None:
        self.ends[rule.code] = max(on, self.ends.get(rule.code, on))
        if rule.gate:
            self.gate_ends[rule.gate] = max(on, self.gate_ends.get(rule.gate, on))

    def _gate(self, gate: str) -> date:
        ends = [self.gate_ends[one] for one in GATES[: GATES.index(gate) + 1] if one in self.gate_ends]
        return max(ends, default=self.on)


def _scope(rule: Definition, site: Site) -> Any:
    if rule.level == "study":
        return site.study.scope
    return site.country.scope if rule.level == "country" else site.scope


def _crew(site: Site, on: date) -> Iterable[SitePersonnel]:
    return site.personnel.exclude(ends_on__lt=on).select_related("person")
