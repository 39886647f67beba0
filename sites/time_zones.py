"""The time zone of a place, from the IANA database's own table of zones, countries and principal locations."""

import re
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

_COORDINATE = re.compile(r"([+-]\d+)([+-]\d+)")


def zone_of(country: str, latitude: float | None, longitude: float | None) -> str:
    """The country's only zone, else the one whose principal location is nearest; "" where nothing tells.

    An approximation near a border between zones; callers report it as an assumption.
    """
    zones = _zones().get(country, [])
    if len(zones) == 1:
        return zones[0][0]
    if latitude is None or longitude is None or not zones:
        return ""
    nearest = min(zones, key=lambda zone: _distance(latitude, longitude, zone[1], zone[2]))[0]
    return next(zone for zone, _, _ in zones if _rules(zone) == _rules(nearest))


@cache
def _rules(zone: str) -> tuple[timedelta | None, ...]:
    """How the zone's clocks stand through a year: many small zones differ from a well-known one in the past only.

    The table lists a country's most populous zones first, so the first one alike is the one people know.
    """
    months = (datetime(2025, month, 15, tzinfo=ZoneInfo(zone)) for month in range(1, 13))
    return tuple(month.utcoffset() for month in months)


@cache
def _zones() -> dict[str, list[tuple[str, float, float]]]:
    table: dict[str, list[tuple[str, float, float]]] = {}
    for line in resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        country, place, zone, *_ = line.split("\t")
        match = _COORDINATE.fullmatch(place)
        assert match is not None, line
        table.setdefault(country, []).append((zone, _degrees(match[1]), _degrees(match[2])))
    return table


def _degrees(written: str) -> float:
    """+DDMM, +DDDMM, +DDMMSS or +DDDMMSS (ISO 6709) in degrees."""
    sign, digits = (-1 if written[0] == "-" else 1), written[1:]
    whole = len(digits) - (4 if len(digits) >= 6 else 2)
    minutes, seconds = int(digits[whole : whole + 2]), int(digits[whole + 2 :] or 0)
    return sign * (int(digits[:whole]) + minutes / 60 + seconds / 3600)


def _distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The angle between two places seen from the centre of the earth (haversine)."""
    a, b = radians(latitude), radians(other_latitude)
    half = sin((a - b) / 2) ** 2 + cos(a) * cos(b) * sin(radians(longitude - other_longitude) / 2) ** 2
    return 2 * asin(sqrt(half))
