"""The one list view: order, pages, filters, files; and what it costs."""

import csv
import io
from base64 import urlsafe_b64encode
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AccessEvent
from ctms.studies.models import StudyCountry
from ctms.web import files
from ctms.web.files import FORMULA, defused
from sites.columns import SITE_COLUMNS
from sites.models import Facility, Site
from tests.conftest import act, signed_in
from tests.crowd import make_many_sites
from tests.factories import make

pytestmark = pytest.mark.django_db
SITES = "/in/north/s/D3460C00002/sites/"


@pytest.fixture
def petras(north):
    """Petra's browser."""
    return signed_in("petra")


def numbers(listing) -> list[str]:
    return [row["cells"][0]["text"] for row in listing["rows"]]


def walk(browser, address: str) -> list[str]:
    """The first column of all pages, following “next”."""
    found: list[str] = []
    while address:
        listing = browser.get(address).context["listing"]
        found += numbers(listing)
        address = listing["next_url"]
    return found


@pytest.mark.parametrize("name", [f"{sign}{c.name}" for c in SITE_COLUMNS if c.sort for sign in ("", "-")])
def test_pages_hold_every_row_once_in_every_order(petras, name):
    found = walk(petras, f"{SITES}?sort={name}")
    assert sorted(found) == sorted(Site.objects.values_list("number", flat=True))


def test_pages_follow_the_order_and_go_back(petras):
    assert walk(petras, SITES) == sorted(Site.objects.values_list("number", flat=True))
    assert walk(petras, f"{SITES}?sort=-number") == sorted(Site.objects.values_list("number", flat=True), reverse=True)
    first = petras.get(SITES).context["listing"]
    second = petras.get(first["next_url"]).context["listing"]
    assert numbers(petras.get(second["previous_url"]).context["listing"]) == numbers(first)


def test_a_row_added_meanwhile_moves_no_other(petras, petra):
    first = petras.get(SITES).context["listing"]
    expected = numbers(petras.get(first["next_url"]).context["listing"])
    with act(petra):
        make(Site, number="AA-000", country=StudyCountry.objects.first())
    assert numbers(petras.get(first["next_url"]).context["listing"]) == expected


MADE_UP = ("sort=password", "sort=-", "after=x", "after=W10", "after=WyJhIixbXV0", "sort=since&after=WyJ4IiwgMV0",
           "format=pdf", "after=WyJcdWQ4MDAiLCAxXQ")  # fmt: skip


@pytest.mark.parametrize("query", MADE_UP)
def test_a_made_up_address_is_a_400_with_words(petras, query):
    answer = petras.get(f"{SITES}?{query}")
    assert answer.status_code == 400
    assert "could not be understood" in answer.content.decode()


def test_a_made_up_instant_is_a_400_too(petras):
    cursor = urlsafe_b64encode(b'["0001-01-01T00:00:00+23:00", 1]').decode()
    assert petras.get(f"/in/north/access-log/?after={cursor}").status_code == 400


def test_filters_stand_in_the_address_and_above_the_list(petras):
    answer = petras.get(f"{SITES}?country=DE&status=ACTIVATED&q=DE-0")
    found = numbers(answer.context["listing"])
    expected = Site.objects.filter(country__country="DE", operational_status="ACTIVATED").order_by("number")
    assert found == list(expected.values_list("number", flat=True))
    assert [item["value"] for item in answer.context["filters"]["applied"]] == ["DE-0", "Activated", "Germany"]
    without = petras.get(answer.context["filters"]["applied"][1]["remove_url"])
    assert without.context["listing"]["count"] == Site.objects.filter(country__country="DE").count()


def test_what_no_row_has_says_so_and_a_wrong_filter_finds_nothing(petras):
    assert "No sites match" in petras.get(f"{SITES}?q=nowhere").content.decode()
    assert petras.get(f"{SITES}?status=NOWHERE").context["listing"]["count"] == 0


def test_wildcards_are_letters(petras):
    assert petras.get(f"{SITES}?q=%25").context["listing"]["count"] == 0
    assert petras.get(f"{SITES}?q=_E-0").context["listing"]["count"] == 0


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "|calc", "%0A=1"]


class TestFiles:
    def rows(self, browser, query: str = "") -> list[list[str]]:
        answer = browser.get(f"{SITES}?format=csv{query}")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))

    def test_csv_holds_exactly_this_view_with_its_footer_and_is_on_record(self, petras):
        head, *rows = self.rows(petras, "&country=DE&sort=-number&after=ignored")
        assert head == [*(column.label for column in SITE_COLUMNS), "Simulated"]
        body, footer = rows[:-3], rows[-3:]
        assert [row[0] for row in body] == sorted((row[0] for row in body), reverse=True)
        assert len(body) == Site.objects.filter(country__country="DE").count()
        assert footer[0] == []
        assert "Country: Germany" in footer[1][0]
        assert "11 Mar 2024" in footer[2][0]
        assert "Petra Novak" in footer[2][0]
        event = AccessEvent.objects.latest("id")
        assert (event.kind, event.subject, event.detail["filters"]) == ("EXPORTED", "Sites", "Country: Germany")

    @pytest.mark.parametrize("is_simulated", [True, False])
    def test_each_row_and_the_name_say_what_is_simulated(self, petras, monkeypatch, is_simulated):
        monkeypatch.setattr("ctms.core.clock.is_simulated", lambda: is_simulated)
        head, *rows = self.rows(petras, "&country=DE")
        assert ("Simulated" in head) is is_simulated
        assert all((row[-1] == "status, since, enrollment") is is_simulated for row in rows[:-3])
        for kind in ("csv", "xlsx"):
            named = petras.get(f"{SITES}?format={kind}")["Content-Disposition"]
            assert f"sites{'-simulated' if is_simulated else ''}.{kind}" in named

    @pytest.mark.parametrize("planted", FORMULAS)
    def test_no_cell_is_a_formula(self, petras, petra, planted):
        with act(petra):
            Facility.objects.update(name=planted)
        cells = {cell for row in self.rows(petras, "&country=DE") for cell in row}
        assert f"'{planted}" in cells or f"'{planted.strip()}" in cells
        assert not [cell for cell in cells if cell.startswith(FORMULA) and not _is_number(cell)]
        book = ZipFile(io.BytesIO(petras.get(f"{SITES}?format=xlsx&country=DE").content))
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()

    def test_a_number_stays_a_number(self, petras):
        head, *rows = self.rows(petras, "&country=US")
        west = {row[head.index("Longitude")] for row in rows[:-3]} - {""}
        assert west
        assert all(float(longitude) < 0 for longitude in west)

    def test_the_workbook_has_the_same_rows_and_types(self, petras):
        book = ZipFile(io.BytesIO(petras.get(f"{SITES}?format=xlsx&country=AT").content))
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert sheet.count("<row ") == 1 + 3 + 2
        assert "AT-001" in sheet
        assert "Austria" in sheet

    @pytest.mark.parametrize(("most", "rows", "cut"), [(2, 2, True), (3, 3, False)])
    def test_the_workbook_says_where_it_was_cut(self, petras, monkeypatch, most, rows, cut):
        monkeypatch.setattr(files, "XLSX_ROWS", most)  # Austria has three sites
        book = ZipFile(io.BytesIO(petras.get(f"{SITES}?format=xlsx&country=AT").content))
        assert book.read("xl/worksheets/sheet1.xml").decode().count("<row ") == 1 + rows + 2 + cut
        assert (f"Cut at {most} rows" in book.read("xl/worksheets/sheet1.xml").decode()) is cut

    def test_what_spreadsheets_run_is_defused_and_the_rest_left_alone(self):
        assert [defused(text) for text in ("=1", "a=1", "’s", "")] == ["'=1", "a=1", "’s", ""]
        assert defused("\ufeff\u200b =1") == "'\ufeff\u200b =1"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.shows("02-5")
def test_a_list_costs_the_same_at_ten_times_the_rows(petras, petra):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert petras.get(SITES).status_code == 200
        own = ("SAVEPOINT", "RELEASE")  # of the test's own transaction around the request's
        return len([query for query in queries if not query["sql"].startswith(own)])

    petras.get(SITES)  # fills what is asked once per process
    before = cost()
    with act(petra):
        make_many_sites(9 * 131)
    assert cost() == before <= 12


def test_javascript_gets_the_list_alone(petras):
    fragment = petras.get(SITES, headers={"HX-Request": "true"})
    assert "HX-Request" in fragment["Vary"]
    assert "<html" not in fragment.content.decode()
    assert 'id="list"' in fragment.content.decode()
