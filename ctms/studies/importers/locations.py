"""The places of a ClinicalTrials.gov record: where the trial runs, and who answers for it there."""

from collections import Counter
from collections.abc import Iterable

from ctms.core.wording import counted

from .countries import country_code, country_name, historic_country_code
from .facilities import is_masked
from .findings import Findings
from .node import Node
from .plain_text import names_a_contact
from .trial import RegistryContact, RegistryLocation

LOCATIONS = "contactsLocationsModule.locations"

_MOST_DIGITS_IN_A_NAME = 4


def read_locations(people: Node, *, companies: Iterable[str], findings: Findings) -> tuple[RegistryLocation, ...]:
    """All locations in the order of the record; equal ones are kept, because they are separate sites."""
    nodes = people.children("locations")
    return tuple(_location(index, node, tuple(companies), findings) for index, node in enumerate(nodes))


def person_name(node: Node) -> str | None:
    """The person's name, or None where a call centre's number or address stands in its place."""
    name = node.name("name")
    if name is None or names_a_contact(name) or sum(map(str.isdigit, name)) > _MOST_DIGITS_IN_A_NAME:
        return None
    return name


def report_locations(locations: tuple[RegistryLocation, ...], findings: Findings) -> None:
    """What a person should know about the locations as a whole."""

    def report(code: str, number: int, fact: str) -> None:
        if number:
            findings.add(code, LOCATIONS, f"{fact}: {number:,} of {counted(len(locations), 'location')}.")

    placeholders = Counter(place.facility_as_given for place in locations if place.masked)
    example = placeholders.most_common(1)[0][0] if placeholders else ""
    report("FACILITY_MASKED", placeholders.total(), f'The facility is hidden behind a placeholder such as "{example}"')
    report("FACILITY_MISSING", sum(place.facility_as_given is None for place in locations), "No facility is named")
    report("COORDINATES_MISSING", sum(place.latitude is None for place in locations), "No usable coordinates are given")
    alike = Counter(_facility_and_city(place) for place in locations)
    shared = sum(number for number in alike.values() if number > 1)
    report("FACILITY_SHARED", shared, "Facility and city are those of another location, yet each is its own site")
    moved = Counter(
        (place.country_as_given, place.country_code)
        for place in locations
        if historic_country_code(place.country_as_given, place.city)
    )
    for (given, code), number in moved.items():
        report("COUNTRY_HISTORIC", number, f'"{given}" exists no longer and was read as {country_name(code)}')


def _location(index: int, node: Node, companies: tuple[str, ...], findings: Findings) -> RegistryLocation:
    facility = node.name("facility")
    masked = facility is not None and is_masked(facility, sponsors=companies)
    city = node.name("city")
    country = node.text("country")
    if country is None:
        node.refuse("names no country")
    code = historic_country_code(country, city) or country_code(country)
    if code is None:
        node.refuse(f'is in "{country}", which is not the name of a country today')
    latitude, longitude = _coordinates(node.child("geoPoint"), findings)
    return RegistryLocation(
        index=index,
        facility=None if masked else facility,
        facility_as_given=facility,
        masked=masked,
        city=city,
        state=node.name("state"),
        postal_code=node.name("zip"),
        country_code=code,
        country_as_given=country,
        latitude=latitude,
        longitude=longitude,
        status=node.text("status"),
        contacts=_contacts(node),
    )


def _coordinates(point: Node, findings: Findings) -> tuple[float, float] | tuple[None, None]:
    latitude, longitude = point.number("lat"), point.number("lon")
    if latitude is None and longitude is None:
        return None, None
    if latitude is None or longitude is None:
        findings.add("COORDINATES_DROPPED", point.place, "Only half of the coordinates is given; they were left out.")
        return None, None
    # 0, 0 lies at sea: it is what a failed look-up leaves behind.
    if abs(latitude) > 90 or abs(longitude) > 180 or latitude == longitude == 0:
        message = f"Latitude {latitude:g} and longitude {longitude:g} are not a place; they were left out."
        findings.add("COORDINATES_DROPPED", point.place, message)
        return None, None
    return float(latitude), float(longitude)


def _contacts(node: Node) -> tuple[RegistryContact, ...]:
    people = ((person_name(contact), contact.text("role")) for contact in node.children("contacts"))
    return tuple(RegistryContact(name, role) for name, role in people if name)


def _facility_and_city(place: RegistryLocation) -> tuple[str, str, str]:
    return (place.facility_as_given or "").casefold(), (place.city or "").casefold(), place.country_code
