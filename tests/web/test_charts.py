"""Charts are well-formed, escaped and right."""

import re
from xml.etree import ElementTree

import pytest

from ctms.run.places import ROOT
from ctms.web import charts, styles

WORLD = ROOT / "static" / "ui" / "world.svg"
SITE = charts.MapPoint("DE-001 Berlin", 52.52, 13.4, 12)


def parsed(svg: str) -> ElementTree.Element:
    """The SVG as a tree; what is not well-formed or has a style attribute fails here."""
    assert "style=" not in svg
    return ElementTree.fromstring(svg)


def site_map(*points: charts.MapPoint, **options: object) -> ElementTree.Element:
    return parsed(charts.site_map(points, world="/world.svg", **options))  # type: ignore[arg-type]


class TestBullet:
    def test_says_its_figures_in_words(self) -> None:
        bar = parsed(charts.bullet(1412, 1438, 2640))
        assert bar.get("aria-label") == "1,412 of 2,640, plan 1,438"

    def test_draws_shares(self) -> None:
        _, bar, tick = parsed(charts.bullet(25, 50, 100, "watch"))
        assert bar.get("width") == "25.0%"
        assert bar.get("class") == "c-bullet__bar c-bullet__bar--watch"
        assert tick.get("x") == "50.0%"

    def test_has_no_tick_without_a_plan(self) -> None:
        assert len(parsed(charts.bullet(25, None, 100))) == 2

    @pytest.mark.parametrize(("actual", "total", "share"), [(150, 100, "100.0%"), (-5, 100, "0.0%"), (5, 0, "0.0%")])
    def test_stays_within_its_frame(self, actual: float, total: float, share: str) -> None:
        assert parsed(charts.bullet(actual, None, total))[1].get("width") == share

    def test_escapes(self) -> None:
        bar = parsed(charts.bullet(1, None, 2, label='<b> & "c"'))
        assert bar.get("aria-label") == '<b> & "c"'


class TestProjection:
    def test_middle_of_the_frame(self) -> None:
        assert charts.equal_earth(11, 0) == pytest.approx((490, 270))

    def test_north_is_up_and_east_is_right(self) -> None:
        x, y = charts.equal_earth(11, 0)
        assert charts.equal_earth(12, 1)[0] > x
        assert charts.equal_earth(12, 1)[1] < y

    @pytest.mark.parametrize(
        ("code", "longitude", "latitude"),
        [
            ("276", 13.4, 52.52),  # Berlin
            ("724", -3.7, 40.42),  # Madrid
            ("076", -47.9, -15.8),  # Brasília
            ("036", 149.1, -35.3),  # Canberra
            ("840", -104.99, 39.74),  # Denver
            ("356", 77.2, 28.6),  # New Delhi
        ],
    )
    def test_agrees_with_the_shapes(self, code: str, longitude: float, latitude: float) -> None:
        place = charts.equal_earth(longitude, latitude)
        assert [c for c, rings in shapes().items() if is_inside(place, rings)] == [code]


class TestSiteMap:
    def test_escapes(self) -> None:
        point = charts.MapPoint("<script>alert(1)</script>", 52, 13)
        country = charts.Country('A & "B"', 1, "<1>")
        assert "<script" not in charts.site_map([point], countries={"276": country}, world="/world.svg")
        drawn = site_map(point, countries={"276": country})
        assert [title.text for title in drawn.iter("title")] == ['A & "B": <1>', "<script>alert(1)</script>"]

    def test_leaves_out_what_is_not_in_view(self) -> None:
        assert len(list(site_map(SITE, view="europe").iter("circle"))) == 1
        assert not list(site_map(SITE, view="asia-pacific").iter("circle"))

    def test_draws_small_dots_last(self) -> None:
        large = charts.MapPoint("DE-002 Berlin", 52.52, 13.4, 90)
        radii = [float(circle.get("r", "")) for circle in site_map(SITE, large).iter("circle")]
        assert radii == sorted(radii, reverse=True)

    def test_shades_countries_in_five_steps(self) -> None:
        values = {"840": 121, "276": 74, "826": 18, "036": 0}
        countries = {code: charts.Country(code, value, str(value)) for code, value in values.items()}
        steps = [use.get("class", "")[-1] for use in site_map(countries=countries).iter("use")][1:]
        assert steps == ["5", "4", "2", "1"]

    def test_refers_to_shapes_that_are_there(self) -> None:
        countries = {"276": charts.Country("Germany", 1, "1")}
        hrefs = [use.get("href") for use in site_map(countries=countries).iter("use")]
        assert hrefs == ["/world.svg#all", "/world.svg#c276"]
        assert "276" in shapes()

    def test_offers_regions_that_have_a_site_first_the_one_that_has_all(self) -> None:
        def offered(*sites: charts.MapPoint) -> list[str]:
            return [view.key for view in charts.site_maps(sites, world="/world.svg")]

        assert offered() == ["world"]
        assert offered(SITE) == ["europe", "world"]
        assert offered(SITE, charts.MapPoint("JP-001", 35.7, 139.7)) == ["world", "europe", "asia-pacific"]

    def test_the_region_switch_knows_every_view(self) -> None:
        css = next(source for source in styles.SOURCES if source.stem == "components-charts").read_text()
        assert re.findall(r'\[value="([\w-]+)"\]', css) == list(charts.VIEWS)


def shapes() -> dict[str, list[list[tuple[float, float]]]]:
    """Country code -> its rings, from the file browsers get."""
    found = {}
    for code, path in re.findall(r'<path id="c(\w+)" d="([^"]+)"', WORLD.read_text()):
        rings = [re.findall(r"(-?[\d.]+),(-?[\d.]+)", ring) for ring in path.split("Z")]
        found[code] = [[(float(x), float(y)) for x, y in ring] for ring in rings if ring]
    return found


def is_inside(place: tuple[float, float], rings: list[list[tuple[float, float]]]) -> bool:
    """Whether a ray from the place crosses the borders an odd number of times."""
    x, y = place
    crossings = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
                crossings += 1
    return crossings % 2 == 1
