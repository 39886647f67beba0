"""Every number equals the list it leads to, for whoever looks; and overviews cost the same however much there is."""

import csv
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ctms.core.metrics import Amounts, declared, read, read_here
from ctms.studies.models import ScheduledContact, ScheduledVisit, Study, StudyCountry
from ctms.web.places import Place
from tests.conftest import act, person, signed_in
from tests.crowd import make_many_sites
from tests.factories import make

pytestmark = pytest.mark.django_db
STUDY = "/in/north/s/D3460C00002/"
METRICS = declared()


@pytest.fixture
def place(north) -> Place:
    return Place(north, Study.objects.select_related("scope", "sponsor").get())


def test_metrics_have_names_of_their_own_and_say_what_they_count():
    assert len({metric.name for metric in METRICS}) == len(METRICS) > 8
    assert all(metric.definition.endswith(".") for metric in METRICS)


@pytest.mark.parametrize("username", ["petra", "idris"])
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_number_is_the_count_of_the_list_it_leads_to(place, metric, username):
    germany = StudyCountry.objects.select_related("scope").get(country="DE")
    places = [place] if metric.name.startswith("studies.") else [place, Place(place.sponsor, place.study, germany)]
    browser = signed_in(username)
    for one in places:
        (reading,) = read_here([metric], one, person(username))
        if not reading.url or metric.part:  # a share in percent leads to its part
            continue
        if isinstance(reading.told, Amounts):
            assert reading.told == added_up(browser, reading), reading.url
            continue
        context = browser.get(reading.url).context
        if "listing" in context:
            assert (reading.value or 0) == context["listing"]["count"], reading.url  # nobody knows, and lists nobody


def added_up(browser, reading) -> Amounts:
    """What the rows of the list come to that an amount leads to, as its file has them."""
    joined = "&" if "?" in reading.url else "?"
    file = browser.get(f"{reading.url}{joined}format=csv")
    if file.status_code == 404:
        return Amounts()
    rows = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    column = "Held back" if reading.metric.name == "finance.amount_held" else "Net, with tax"
    sums = Amounts()
    for row in (row for row in rows if row["Currency"]):  # below them the file says what it is
        amount = Decimal(row[column]) * (-1 if column == "Held back" else 1)
        sums[row["Currency"]] = sums.get(row["Currency"], Decimal(0)) + amount
    return sums


def test_the_numbers_of_a_site_equal_their_lists_and_are_for_those_who_see_them(place, petra):
    page = f"{STUDY}site/CA-001/"
    browser = signed_in("petra")
    shown = browser.get(page).context
    for reading in shown["readings"]:
        assert reading.value == browser.get(reading.url).context["listing"]["count"], reading.url
    for reading in shown["amounts"]:
        assert reading.told == added_up(browser, reading), reading.url
    for alarm in shown["attention"]:
        assert alarm["text"].startswith(f"{browser.get(alarm['url']).context['listing']['count']} "), alarm["url"]
    inspected = signed_in("ines").get(page).context
    assert (inspected["amounts"], bool(inspected["visits"])) == ([], True)
    assert signed_in("otto").get(page).status_code == signed_in("idris").get(page).status_code == 404


def test_a_share_is_of_declared_numbers(place, petra):
    values = {reading.metric.name: reading.value for reading in read_here(METRICS, place, petra)}
    for metric in METRICS:
        if metric.part:
            of = sum(values[one.name] or 0 for one in metric.whole)
            assert values[metric.name] == (int(100 * values[metric.part.name] / of + 0.5) if of else None)


def test_what_the_schedule_and_the_registry_say(place, petra):
    readings = {reading.metric.name: reading for reading in read_here(METRICS, place, petra)}
    assert readings["studies.visits"].value == ScheduledVisit.objects.count() == 12
    assert readings["studies.contacts"].value == ScheduledContact.objects.count()
    planned = readings["studies.planned_enrollment"]
    assert (planned.value, planned.source.system) == (place.study.planned_enrollment, "ClinicalTrials.gov")
    with act(petra):
        Study.objects.update(planned_enrollment=planned.value + 1)
    place.study.refresh_from_db()
    (planned,) = read_here([planned.metric], place, petra)
    assert planned.source.age == "live"


def test_stages_add_up(place, petra):
    values = {reading.metric.name: reading.value for reading in read_here(METRICS, place, petra)}
    parts = ("candidate", "starting", "active", "closing", "out")
    assert sum(values[f"sites.{part}"] for part in parts) == values["sites.total"] == 131


@pytest.mark.shows("02-5")
@pytest.mark.parametrize(
    ("address", "most"),
    [
        (STUDY, 23),
        (f"{STUDY}c/de/", 23),
        (f"{STUDY}countries/", 12),
        ("/in/north/portfolio/", 23),
        (f"{STUDY}site/DE-004/", 23),
        ("/in/north/money/", 23),
        ("/in/north/my-visits/", 23),
        ("/in/north/work/", 25),
    ],
)
def test_a_page_costs_the_same_at_ten_times_the_sites_and_studies(place, petra, address, most):
    browser = signed_in("lena" if "my-visits" in address else "petra")

    def cost() -> int:
        browser.get(address)  # fills what is asked once per process
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        return sum("SAVEPOINT" not in one["sql"] for one in queries)  # a request's transaction, within the test's

    before = cost()
    with act(petra):
        make_many_sites(9 * 131)
        for _ in range(9):
            make(Study)
    assert cost() == before <= most


def test_facts_of_many_places_take_the_statements_of_one(place, petra):
    countries = [Place(place.sponsor, place.study, country) for country in StudyCountry.objects.select_related("scope")]

    def cost(places) -> int:
        with CaptureQueriesContext(connection) as queries:
            read(METRICS, places, petra)
        return len(queries)

    read(METRICS, [place], petra)
    assert cost(countries) == cost([place])
