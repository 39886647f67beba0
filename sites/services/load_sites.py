"""Putting a registry record's locations into the database: a site for each, recognised when it is read again."""

from collections import Counter, defaultdict
from datetime import datetime

from ctms.accounts.models import ScopeKind
from ctms.accounts.services.scopes import new_scopes
from ctms.core.merging import Tally
from ctms.core.use_case import use_case
from ctms.core.wording import counted
from ctms.studies.importers.findings import Findings
from ctms.studies.importers.trial import RegistryLocation, RegistryTrial
from ctms.studies.services.load_study import REGISTRY, Loaded, merge_claims
from sites.lifecycle import IDENTIFY, SITE
from sites.models import Facility, Site, SiteStatusEvent
from sites.services.load_facilities import merge_facilities
from sites.services.load_people import merge_people

_PLACE = "contactsLocationsModule.locations"

Places = dict[str, RegistryLocation]
"""The record's locations by what each is recognised by (`_recognised_by`)."""


@use_case
def load_sites(
    *, loaded: Loaded, trial: RegistryTrial, with_people: bool, tally: Tally, findings: Findings, at: datetime
) -> list[Site]:
    """Creates a site for each location that has none yet, and brings the others' place and claims up to the record.

    Sites that left the record stay. The number of statements does not grow with the number of locations.
    """
    if loaded.is_older:
        return []
    places = _recognised_by(trial.locations)
    study_sites = Site.objects.filter(study=loaded.study).exclude(registry_key="").select_related("facility")
    sites = {site.registry_key: site for site in study_sites}
    _recognise_renamed(sites, places, findings)
    facilities = merge_facilities(loaded.study, places, sites, tally, findings)
    new = {key: place for key, place in places.items() if key not in sites}
    sites |= _create(loaded, new, facilities, at)
    tally.count(Site, created=len(new), unchanged=len(places) - len(new))
    claims = {sites[key].scope_id: {"recruitment_status": place.status or ""} for key, place in places.items()}
    merge_claims(loaded.study, claims, loaded.run, tally)
    if with_people:
        merge_people(loaded, places, sites, tally)
    elif named := sum(len(place.contacts) for place in trial.locations):
        message = f"{counted(named, 'person', 'people')} named in the record left out; --with-people takes them in."
        findings.add("PEOPLE_LEFT_OUT", _PLACE, message)
    for key in sorted(set(sites) - set(places)):
        findings.add("SITE_GONE", _PLACE, f"Site {sites[key]} is no longer in the record; it stays as it is.")
    return [sites[key] for key in places]


def _recognised_by(locations: tuple[RegistryLocation, ...]) -> Places:
    """Country, region, city, postal code, name as registered, and the rank among locations alike in all of these."""
    seen: Counter[str] = Counter()
    places: Places = {}
    for location in locations:
        parts = (location.country_code, location.state, location.city, location.postal_code, location.facility_as_given)
        alike = "|".join((part or "").casefold().replace("|", "/") for part in parts)
        seen[alike] += 1
        places[f"{alike}|{seen[alike]}"] = location
    return places


def _recognise_renamed(sites: dict[str, Site], places: Places, findings: Findings) -> None:
    """Where one known site and one unknown location are left at the same place, its name changed or was disclosed."""

    def at_same_place(keys: set[str]) -> dict[str, list[str]]:
        grouped = defaultdict(list)
        for key in sorted(keys):
            grouped[key.rsplit("|", 2)[0]].append(key)
        return grouped

    unknown = at_same_place(set(places) - set(sites))
    renamed = []
    for place, old in at_same_place(set(sites) - set(places)).items():
        new = unknown.get(place, [])
        if len(old) == len(new) == 1:
            site = sites[new[0]] = sites.pop(old[0])
            site.registry_key = new[0]
            renamed.append(site)
            where = f"{_PLACE}[{places[new[0]].index}]"
            findings.add("SITE_RENAMED", where, f"Site {site} was recognised by its place; its name changed.")
    if renamed:
        Site.objects.bulk_update(renamed, ["registry_key"])


def _create(loaded: Loaded, new: Places, facilities: dict[str, Facility], at: datetime) -> dict[str, Site]:
    """New sites, numbered by country in the order of city and postal code, each with its first event."""
    if not new:
        return {}
    numbers = _numbers(loaded, new)
    order = list(numbers)
    parents = [loaded.countries[new[key].country_code].scope for key in order]
    scopes = new_scopes(ScopeKind.SITE, zip(parents, numbers.values(), strict=True))
    sites = Site.objects.bulk_create(
        Site(
            sponsor_id=loaded.study.sponsor_id, study=loaded.study, scope=scope,
            country=loaded.countries[new[key].country_code], facility=facilities[key], number=numbers[key],
            operational_status=SITE.start, status_on=at.date(), registry_key=key,
        )
        for key, scope in zip(order, scopes, strict=True)
    )  # fmt: skip
    SiteStatusEvent.objects.bulk_create(
        SiteStatusEvent(
            sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, kind=SiteStatusEvent.Kind.OPERATIONAL,
            move=IDENTIFY, to_status=SITE.start, effective_on=at.date(), recorded_at=at,
            reason=f"Listed at {REGISTRY} in {loaded.run.source_record_id}",
        )
        for site in sites
    )  # fmt: skip
    return {site.registry_key: site for site in sites}


def _numbers(loaded: Loaded, new: Places) -> dict[str, str]:
    """key -> site number such as US-004, counted on from the highest in each country. The registry has none."""
    highest: Counter[str] = Counter()
    for number in Site.objects.filter(study=loaded.study).values_list("number", flat=True):
        prefix, _, rank = number.rpartition("-")
        if rank.isdigit():
            highest[prefix] = max(highest[prefix], int(rank))

    def by_place(key: str) -> tuple[str, ...]:
        place = new[key]
        return place.country_code, place.city or "", place.postal_code or "", key

    numbers = {}
    for key in sorted(new, key=by_place):
        code = new[key].country_code
        highest[code] += 1
        numbers[key] = f"{code}-{highest[code]:03}"
    return numbers
