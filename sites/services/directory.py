"""The directory of facilities and people that all studies of a sponsor share: made, found again, put right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from ctms.accounts import access
from ctms.accounts.models import User
from ctms.core import protocols
from ctms.core.editing import revise
from ctms.core.refusals import BadInput, NotAllowed
from ctms.core.use_case import use_case
from sites.models import Facility, Person
from sites.time_zones import zone_of


@dataclass(frozen=True, slots=True)
class Address:
    """What a facility is known by; without a name it is a place whose facility is not disclosed."""

    country: str
    city: str
    name: str = ""
    postal_code: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """Equal for addresses that differ in case and blanks alone."""
        parts = (self.country, self.city, self.name, self.postal_code)
        return tuple(" ".join(part.casefold().split()) for part in parts)


def address_of(facility: Facility) -> Address:
    return Address(facility.country, facility.city, facility.name, facility.postal_code)


def may_edit_facility(user: Any, facility: Facility) -> bool:
    """Whoever may edit a site there; and where there is none yet, whoever may edit sites at all."""
    sites = list(facility.sites.select_related("scope"))
    return _may_edit_shared(user, "sites.edit_site", sites)


def may_edit_person(user: Any, person: Person) -> bool:
    """Whoever may edit the people of a site where this one works, or of any site where this one works nowhere."""
    sites = [engagement.site for engagement in person.engagements.select_related("site__scope")]
    return _may_edit_shared(user, "sites.edit_personnel", sites)


@use_case
def add_facility(*, sponsor_id: int, fields: Mapping[str, Any], by: User) -> Facility:
    """Adds a facility to the directory."""
    if not access.may_somewhere(by, "sites.edit_site"):
        raise NotAllowed("MAY_NOT_EDIT", "Your roles do not include adding facilities.", recorded=True)
    return new_facility(sponsor_id, fields)


@use_case
def edit_facility(*, facility: Facility, changes: Mapping[str, Any], version: int | None, by: User) -> Facility:
    """Changes what is known of a facility, for all studies with a site there."""
    facility = Facility.objects.locked(facility.pk)
    if not may_edit_facility(by, facility):
        raise NotAllowed("MAY_NOT_EDIT", "Your roles do not include editing this facility.", recorded=True)
    _refuse_unknown_zone(changes.get("time_zone", ""))
    revise(facility, changes, version)
    return facility


@use_case
def add_person(*, sponsor_id: int, fields: Mapping[str, Any], by: User) -> Person:
    """Adds a person to the directory; where they work is said at the site."""
    if not access.may_somewhere(by, "sites.edit_personnel"):
        raise NotAllowed("MAY_NOT_EDIT", "Your roles do not include adding people.", recorded=True)
    person = Person(sponsor_id=sponsor_id, **fields)
    person.full_clean()
    person.save(force_insert=True)
    return person


@use_case
def edit_person(*, person: Person, changes: Mapping[str, Any], version: int | None, by: User) -> Person:
    """Changes what is known of a person."""
    person = Person.objects.locked(person.pk)
    if not may_edit_person(by, person):
        raise NotAllowed("MAY_NOT_EDIT", "Your roles do not include editing this person.", recorded=True)
    revise(person, changes, version)
    return person


def read_zone(text: str) -> str:
    """An IANA time zone; a ValueError with a sentence for anything else."""
    if text not in available_timezones():
        raise ValueError("There is no such time zone; an IANA name such as Europe/Vienna is wanted.")
    return text


def new_facility(sponsor_id: int, fields: Mapping[str, Any]) -> Facility:
    """A facility saved as given; its time zone from country and coordinates where none is given. For services."""
    facility = Facility(sponsor_id=sponsor_id, **fields)
    _refuse_unknown_zone(facility.time_zone)
    if not facility.time_zone:
        place = (facility.latitude, facility.longitude)
        latitude, longitude = (None if degrees is None else float(degrees) for degrees in place)
        facility.time_zone = zone_of(facility.country, latitude, longitude)
    facility.full_clean()
    facility.save(force_insert=True)
    return facility


def known_facility(address: Address) -> Facility | None:
    """The facility of this name at this address, or the one it was merged into. One without a name is never shared."""
    if not address.name:
        return None
    there = Facility.everything.filter(country=address.country, name__iexact=address.name)
    found = next((facility for facility in there if address_of(facility).key == address.key), None)
    return survivor(found) if found else None


def survivor(record: Any) -> Any:
    """The record itself, or what it was merged into. Merging keeps this one step long."""
    return record.merged_into or record


def _may_edit_shared(user: Any, verb: str, sites: list[Any]) -> bool:
    if not sites:
        return access.may_somewhere(user, verb)
    return any(protocols.authority().may(user, verb, site) for site in sites)


def _refuse_unknown_zone(zone: str) -> None:
    if not zone:
        return
    try:
        read_zone(zone)
    except ValueError as error:
        raise BadInput("TIME_ZONE", str(error), fields={"time_zone": str(error)}) from error
