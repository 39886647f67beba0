"""The time zone of a place: its country's only one, else the one on whose ground its coordinates lie."""

from functools import cache
from importlib import resources

import tzfpy


def zone_of(country: str, latitude: float | None, longitude: float | None) -> str:
    """The IANA name; "" where nothing tells. Close to a border between zones the neighbour's may come out, so callers
    report what they get from here as an assumption.
    """
    zones = _zones().get(country, [])
    if len(zones) == 1:
        return zones[0]
    if latitude is None or longitude is None:
        return ""
    return tzfpy.get_tz(longitude, latitude)


@cache
def _zones() -> dict[str, list[str]]:
    """Country code -> its zones, from the IANA database's own table."""
    table: dict[str, list[str]] = {}
    for line in resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            table.setdefault(country, []).append(zone)
    return table
