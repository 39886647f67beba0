"""The map of an overview: sites as dots, countries shaded by how many sites they have."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from ctms.core.wording import counted
from ctms.studies.importers.countries import country_name, numeric_code
from ctms.web.charts import Country, MapPoint, site_maps

_LEGEND = (
    {"kind": "active", "label": "activated"},
    {"kind": "open", "label": "on its way"},
    {"kind": "bad", "label": "not taking part"},
)


def sites_map(points: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the map component draws: views, legend, and how many sites have no known place.

    Args:
        points: as `sites.queries.points` gives them.
    """
    placed = [
        MapPoint(point["label"], point["latitude"], point["longitude"], state=point["state"])
        for point in points
        if point["latitude"] is not None
    ]
    numbers = Counter(point["country"] for point in points)
    countries = {numeric_code(code): Country(country_name(code), n, counted(n, "site")) for code, n in numbers.items()}
    most = max(numbers.values(), default=0)
    shades = ({"kind": "steps", "label": f"1 to {most} sites"},) if len(numbers) > 1 else ()
    missing = len(points) - len(placed)
    return {
        "views": site_maps(placed, countries={code: country for code, country in countries.items() if code}),
        "legend": [*shades, *_LEGEND],
        "unplaced": f"No known place for {counted(missing, 'site')}" if missing else "",
    }
