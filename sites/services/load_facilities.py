"""The facilities behind a registry record's locations."""

from collections.abc import Mapping
from decimal import Decimal

from ctms.core.merging import Tally, merge
from ctms.core.wording import counted
from ctms.studies.importers.findings import Findings
from ctms.studies.importers.trial import RegistryLocation
from ctms.studies.models import Study
from sites.models import Facility, Site
from sites.services.directory import survivor
from sites.time_zones import zone_of

_DETAILS = ("region", "latitude", "longitude", "time_zone")


def merge_facilities(
    study: Study, places: Mapping[str, RegistryLocation], sites: Mapping[str, Site], tally: Tally, findings: Findings
) -> dict[str, Facility]:
    """The facility of each location: shared by name and address where the name is known, else one of the site's own."""
    wanted = {key: _facility(study, place) for key, place in places.items()}
    named = {key: facility for key, facility in wanted.items() if facility.name}
    once = {_address(facility): facility for facility in named.values()}
    directory = Facility.everything.filter(name__in={facility.name for facility in once.values()})
    shared = merge(
        list(directory.select_related("merged_into")),
        list(once.values()),
        key=_address,
        fields=_DETAILS,
        tally=tally,
        only_fill=True,
    )  # several studies' records tell of the same hospital, not always the same
    result = {key: survivor(shared[_address(facility)]) for key, facility in named.items()}
    result |= _merge_hidden({key: wanted[key] for key in wanted if key not in named}, sites, tally)
    _move_sites(result, sites)
    if known := sum(bool(facility.time_zone) for facility in wanted.values()):
        message = f"The time zone of {counted(known, 'site')} was taken from the country or the coordinates."
        findings.add("TIME_ZONE_ASSUMED", "contactsLocationsModule.locations", message)
    return result


def _merge_hidden(hidden: dict[str, Facility], sites: Mapping[str, Site], tally: Tally) -> dict[str, Facility]:
    """Facilities without a name are never shared: nobody knows whether two of them are the same."""
    present = {key: sites[key].facility for key in hidden if key in sites and not sites[key].facility.name}
    for key, facility in present.items():
        hidden[key].pk = facility.pk
    merge(
        list(present.values()), [hidden[key] for key in present],
        key=lambda facility: facility.pk, fields=("city", "postal_code", "country", *_DETAILS), tally=tally,
    )  # fmt: skip
    fresh = {key: facility for key, facility in hidden.items() if key not in present}
    if fresh:
        Facility.objects.bulk_create(fresh.values())
        tally.count(Facility, created=len(fresh))
    return present | fresh


def _move_sites(facilities: Mapping[str, Facility], sites: Mapping[str, Site]) -> None:
    """A site whose hidden facility got a name moves to the named one."""
    moved = [site for key, site in sites.items() if key in facilities and site.facility_id != facilities[key].pk]
    for site in moved:
        site.facility = facilities[site.registry_key]
    if moved:
        Site.objects.bulk_update(moved, ["facility"])


def _facility(study: Study, place: RegistryLocation) -> Facility:
    return Facility(
        sponsor_id=study.sponsor_id,
        name=place.facility or "",
        city=place.city or "",
        region=place.state or "",
        postal_code=place.postal_code or "",
        country=place.country_code,
        latitude=_degrees(place.latitude),
        longitude=_degrees(place.longitude),
        time_zone=zone_of(place.country_code, place.latitude, place.longitude),
    )


def _address(facility: Facility) -> tuple[str, ...]:
    return facility.country, facility.city, facility.postal_code, facility.name


def _degrees(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value)).quantize(Decimal("0.00001"))
