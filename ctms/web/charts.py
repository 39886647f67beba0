"""Charts drawn by the server as SVG: pure functions, data in and markup out. Colour is a matter of static/ui/css/."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import asin, ceil, cos, radians, sin, sqrt

from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

# --- Bullet bar -------------------------------------------------------------------------------------------------------


def bullet(actual: float, plan: float | None, total: float, tone: str = "", *, label: str = "") -> SafeString:
    """A bar from 0 to `total`, filled up to `actual`, with a tick at `plan` where there is one.

    Args:
        tone: "ok", "watch", "bad" or "mute"; the colour of "actual" in charts otherwise.
        label: what screen readers say; by default the figures.
    """
    spoken = label or f"{_figure(actual)} of {_figure(total)}" + ("" if plan is None else f", plan {_figure(plan)}")
    tick = (
        ""
        if plan is None
        else format_html('<rect class="c-bullet__plan" x="{}" width="2" height="8"/>', _share(plan, total))
    )
    return format_html(
        '<svg class="c-bullet" role="img" aria-label="{}">'
        '<rect class="c-bullet__ground" y="1" width="100%" height="6" rx="2"/>'
        '<rect class="c-bullet__bar{}" y="1" width="{}" height="6" rx="2"/>{}</svg>',
        spoken,
        f" c-bullet__bar--{tone}" if tone else "",
        _share(actual, total),
        tick,
    )


def _share(value: float, total: float) -> str:
    return f"{100 * min(max(value / total, 0), 1) if total else 0:.1f}%"


def _figure(value: float) -> str:
    return f"{value:,.10g}"


# --- Map --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MapPoint:
    """A site on the map. `state` is "active", "bad" (a red flag) or "open" (not activated yet)."""

    label: str
    latitude: float
    longitude: float
    weight: float = 0
    state: str = "active"


@dataclass(frozen=True)
class Country:
    """A country's value, and the words that go with it: Country("Germany", 74, "74 randomised")."""

    name: str
    value: float
    words: str


@dataclass(frozen=True)
class View:
    """A part of the projected map, in its own units: what goes into `viewBox`."""

    name: str
    x: float
    y: float
    width: float
    height: float

    @property
    def box(self) -> str:
        return f"{self.x:.0f} {self.y:.0f} {self.width:.0f} {self.height:.0f}"

    @property
    def scale(self) -> float:
        """How large a dot must be drawn to look alike in every view; a little larger where the view is closer."""
        return max(self.width / WORLD_WIDTH, self.height / WORLD_HEIGHT) ** 0.85

    def holds(self, x: float, y: float) -> bool:
        return self.x <= x <= self.x + self.width and self.y <= y <= self.y + self.height


# Equal Earth (Šavrič, Patterson and Jenny 2018): the polynomial of the projection, and the frame world.svg was made in.
_A1, _A2, _A3, _A4 = 1.340264, -0.081106, 0.000893, 0.003796
_M = sqrt(3) / 2
_SCALE, _CENTRE_X, _CENTRE_Y, _ROTATION = 180, 490, 270, -11
WORLD_WIDTH, WORLD_HEIGHT = 850, 376


def equal_earth(longitude: float, latitude: float) -> tuple[float, float]:
    """Where a place is on world.svg."""
    turned = radians((longitude + _ROTATION + 180) % 360 - 180)
    parametric = asin(_M * sin(radians(latitude)))
    p2 = parametric**2
    p6 = p2**3
    stretch = _M * (_A1 + 3 * _A2 * p2 + p6 * (7 * _A3 + 9 * _A4 * p2))
    x = turned * cos(parametric) / stretch
    y = parametric * (_A1 + _A2 * p2 + p6 * (_A3 + _A4 * p2))
    return _CENTRE_X + _SCALE * x, _CENTRE_Y - _SCALE * y


def _region(name: str, west: float, south: float, east: float, north: float, margin: float = 4) -> View:
    corners = [
        equal_earth(longitude, latitude) for longitude in (west, (west + east) / 2, east) for latitude in (south, north)
    ]
    xs, ys = zip(*corners, strict=True)
    left, top = min(xs) - margin, min(ys) - margin
    return View(name, left, top, max(xs) + margin - left, max(ys) + margin - top)


# The keys are the values of the region switch; components-charts.css names them too.
VIEWS: Mapping[str, View] = {
    "world": View("World", 70, 32, WORLD_WIDTH, WORLD_HEIGHT),
    "europe": _region("Europe", -10, 35, 30, 59),
    "north-america": _region("North America", -126, 22, -62, 54),
    "asia-pacific": _region("Asia-Pacific", 96, -42, 180, 46),
}


def site_map(
    points: Iterable[MapPoint],
    *,
    countries: Mapping[str, Country] | None = None,
    view: str = "world",
    world: str = "",
    label: str = "",
) -> SafeString:
    """Sites as dots over the countries of the world, those with a value shaded in five steps.

    Args:
        countries: ISO 3166 numeric code ("276") -> its value. The smallest (Singapore, Malta, ...) have no shape.
        view: a key of VIEWS. Dots outside of it are left out.
        world: the address of world.svg.
    """
    shown = VIEWS[view]
    world = world or static("ui/world.svg")
    highest = max((country.value for country in (countries or {}).values()), default=0)
    return format_html(
        '<svg class="c-chart c-map__chart" viewBox="{}" stroke-width="{}" role="img" aria-label="{}">'
        '<use class="c-map__land" href="{}#all"/>{}{}</svg>',
        shown.box,
        f"{0.75 * shown.scale:.2f}",
        label or f"Map of sites, {shown.name}",
        world,
        format_html_join(
            "",
            '<use class="c-map__country c-map__country--{}" href="{}#c{}"><title>{}: {}</title></use>',
            (
                (_step(country.value, highest), world, code, country.name, country.words)
                for code, country in (countries or {}).items()
            ),
        ),
        format_html_join(
            "",
            '<circle class="c-map__site c-map__site--{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>',
            _dots(points, shown),
        ),
    )


@dataclass(frozen=True)
class MapPicture:
    """One view of a map, for the region switch of components/map.html."""

    key: str
    name: str
    svg: SafeString


def site_maps(
    points: Iterable[MapPoint], *, countries: Mapping[str, Country] | None = None, world: str = ""
) -> list[MapPicture]:
    """The world, and each region that has a point; first the region that has them all, where there is one."""
    points = list(points)
    places = [equal_earth(point.longitude, point.latitude) for point in points]
    pictures = [
        MapPicture(key, view.name, site_map(points, countries=countries, view=key, world=world))
        for key, view in VIEWS.items()
        if key == "world" or any(view.holds(*place) for place in places)
    ]
    return sorted(pictures, key=lambda picture: not _is_home(VIEWS[picture.key], places))


def _is_home(view: View, places: Sequence[tuple[float, float]]) -> bool:
    """Whether all places, and there are some, lie in this part of the world."""
    return view is not VIEWS["world"] and bool(places) and all(view.holds(*place) for place in places)


def _step(value: float, highest: float) -> int:
    """1 to 5. By the square root, or one large country would leave all others pale."""
    return max(1, ceil(5 * sqrt(value / highest))) if value > 0 else 1


def _dots(points: Iterable[MapPoint], view: View) -> Iterable[tuple[str, str, str, str, str]]:
    """Large dots first, so that none hides a smaller one."""
    for point in sorted(points, key=lambda point: -point.weight):
        x, y = equal_earth(point.longitude, point.latitude)
        if view.holds(x, y):
            radius = (2.4 + 0.62 * sqrt(max(point.weight, 0))) * view.scale
            yield point.state, f"{x:.1f}", f"{y:.1f}", f"{radius:.2f}", point.label
