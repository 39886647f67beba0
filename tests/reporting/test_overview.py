"""Every number of the overviews is the count of its list, what REST says, and what SQL by hand says; and wrong ones are
caught. Before the first site is open an overview shows start-up instead.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ctms.core.acting import Channel, Service, acting
from ctms.core.metrics import Amounts, Metric, Reading, declared, read_here
from ctms.reporting import attention
from ctms.reporting.views import dashboards
from ctms.studies.models import Study, StudyCountry
from ctms.web.places import Place
from enrollment.models import Discrepancy, Subject
from enrollment.services.counts import fold_counts
from enrollment.services.plans import set_plan
from monitoring.models import Deviation, FollowUpItem, MonitoringVisit, VisitEvent
from sites.models import Site
from tests.api.client import Program
from tests.conftest import act, person, signed_in
from tests.factories import make
from tests.feed_factories import SubjectFactory
from tests.reporting.sums import MODELLED, SUMS, summed

pytestmark = pytest.mark.django_db
STUDY = "/in/north/s/D3460C00002/"


@pytest.fixture
def place(north) -> Place:
    return Place(north, Study.objects.select_related("scope", "sponsor").get())


@pytest.fixture
def germany(place) -> Place:
    country = StudyCountry.objects.select_related("scope").get(country="DE")
    return Place(place.sponsor, place.study, country)


@pytest.fixture
def world(place, germany, now) -> None:
    """Something of everything that is counted, some of it folded and some not, in Germany and elsewhere."""
    today, mara = now.date(), person("mara")
    here = Site.objects.filter(country=germany.country, operational_status="ACTIVATED").order_by("number")[0]
    away = Site.objects.filter(country__country="US", operational_status="ACTIVATED").order_by("number")[0]
    with act(mara):
        set_plan(study=place.study, scope=place.study.scope, first_month=date(2024, 1, 1), subjects=[3, 9, 31], by=mara)
        set_plan(study=place.study, scope=germany.country.scope, first_month=date(2024, 2, 1), subjects=[5, 4], by=mara)
        _monitoring(here, away, today, mara)
    with acting(Service("Test"), reason="Subjects to count", channel=Channel.FEED):
        _subjects(here, 11, today)
        fold_counts()
        _subjects(away, 7, today)
        make(Discrepancy, site=here, number="S-1")
        make(Discrepancy, site=away, number="S-2", status="EXPLAINED", explanation="Late")


def _subjects(site: Site, number: int, today: date) -> None:
    randomised = {"randomised_on": today, "enrolled_on": today}
    courses: tuple[dict[str, Any], ...] = (
        {"status": "RANDOMISED", **randomised},
        {"status": "SCREEN_FAILED", "screen_failed_on": today},
        {
            "status": "WITHDRAWN",
            "randomised_on": today,
            "enrolled_on": today,
            "treated_on": today,
            "withdrawn_on": today,
        },
        {"status": "DELETED", **randomised},
        {"status": "CONSENTED"},
    )
    for turn in range(number):
        make(Subject, site=site, number=f"{site.number}-{turn}", consented_on=today, **courses[turn % len(courses)])


def _monitoring(here: Site, away: Site, today: date, mara: Any) -> None:
    def ago(days: int) -> date:
        return today - timedelta(days=days)

    for site in (here, here, away):
        make(MonitoringVisit, site=site, planned_on=today + timedelta(days=3))
        late = make(MonitoringVisit, site=site, status="DRAFT", monitor=mara, starts_on=ago(30), ends_on=ago(29),
                    report_due_on=ago(15))  # fmt: skip
        done = make(MonitoringVisit, site=site, status="APPROVED", starts_on=ago(60), ends_on=ago(60),
                    report_due_on=ago(50))  # fmt: skip
        make(VisitEvent, visit=done, site=site, study=site.study, move="submit", effective_on=ago(50))
        make(VisitEvent, visit=late, site=site, study=site.study, move="submit", effective_on=ago(14))
        make(Deviation, site=site, severity="CRITICAL")
        make(Deviation, site=site, severity="MINOR", status="CONFIRMED")
        make(Deviation, site=site, status="DUPLICATE")
        make(FollowUpItem, site=site, due_on=ago(1))
        make(FollowUpItem, site=site, due_on=today)


def wrong(place: Place, username: str, today: date, known: list[Metric] | None = None) -> set[str]:
    """The metrics that are not what SQL by hand says."""
    user, found = person(username), set()
    for reading in read_here(known or checked(place), place, user):
        told: Any = reading.told
        if isinstance(told, Amounts):
            told = {currency: amount for currency, amount in told.items() if amount}
        if told != summed(reading.metric.name, place, user, today):
            found.add(reading.metric.name)
    return found


def checked(place: Place) -> list[Metric]:
    whole = ("studies.", "finance.runs") if place.country else ()
    return [one for one in declared() if one.name not in MODELLED and not one.name.startswith(whole)]


@pytest.mark.shows("04-9")
def test_numbers_are_what_sql_by_hand_says_and_a_wrong_one_is_caught(world, place, germany, now):
    assert {one.name for one in declared()} == {*SUMS} | MODELLED, "Each number has its own SQL."
    today = now.date()
    for here in (place, germany):
        assert wrong(here, "petra", today) == set()
        values = {one.metric.name: one.value for one in read_here(checked(here), here, person("petra"))}
        assert 0 < values["monitoring.reports_on_time"] < 100
        assert all(values[name] for name in ("enrollment.enrolled", "enrollment.planned_to_date",
                                             "monitoring.reports_late", "milestones.overdue"))  # fmt: skip
        states = ("reached", "overdue", "late", "on_track", "without_day")
        assert sum(values[f"milestones.{state}"] for state in states) == values["milestones.planned"]
        for metric in checked(here):
            with off_by_one(metric):
                assert wrong(here, "petra", today, [metric]) == {metric.name}


@contextmanager
def off_by_one(metric: Metric) -> Iterator[None]:
    """Plants a formula that is wrong by the least there is, for pages, REST and files alike."""
    right = metric.pick

    def off(facts: Any) -> Any:
        told, source = right(facts)
        if isinstance(told, Amounts):
            return Amounts({**told, "EUR": told.get("EUR", Decimal(0)) + Decimal("0.01")}), source
        return (told or 0) + 1, source

    object.__setattr__(metric, "pick", off)
    try:
        yield
    finally:
        object.__setattr__(metric, "pick", right)


def shown(context: Any) -> dict[str, Reading]:
    """All readings that a page of an overview prints of its own place."""
    found = [tile.reading for tile in context["tiles"]]
    known = [tile for tile in context["tiles"] if tile.reading.is_known]
    found += [part.reading for tile in known for part in (*tile.parts, *tile.sums)]
    found += [tile.differ for tile in context["tiles"] if tile.differ]
    found += [step.reading for steps in ("opening", "steps") for step in context.get(steps) or ()]
    return {one.metric.name: one for one in found}


def listed(browser: Client, address: str) -> int | None:
    context = browser.get(address).context
    return context["listing"]["count"] if "listing" in context else None


@pytest.mark.shows("04-9")
@pytest.mark.parametrize("username", ["petra", "idris"])
def test_each_number_on_an_overview_is_its_list_and_what_rest_says(world, place, germany, now, username):
    browser, program = signed_in(username), Program(username)
    for here, address, asked in ((place, STUDY, ""), (germany, f"{STUDY}c/de/", "?country=DE")):
        page = browser.get(address)
        html, context = unescape(page.content.decode()), page.context
        said = program.get(f"/api/v1/studies/D3460C00002/metrics/{asked}").json()["results"]
        rest = {one["name"]: one["value"] for one in said}
        numbers = shown(context)
        assert len(numbers) >= 16
        for name, reading in numbers.items():
            assert rest[name] == reading.value, name
            if reading.value is None:
                continue
            assert reading.text in html
            if reading.url:
                assert f'href="{reading.url}"' in html
            if username == "petra" and name not in MODELLED:  # who sees the whole study
                assert reading.value == summed(name, here, person(username), now.date()), name
            if reading.url and not reading.metric.part:
                assert listed(browser, reading.url) in (reading.value, None), reading.url
        for item in context["attention"]:
            number = re.match(r"[\d,]+ ", item["text"])
            if number:
                assert listed(browser, item["url"]) == int(number[0].replace(",", "")), item
        for row in context["rows"]:
            for reading in row["readings"]:
                country = reading.url.partition("/c/")[2][:2].upper()
                if username == "petra" and not here.country and country and reading.metric.name not in MODELLED:
                    its = StudyCountry.objects.select_related("scope").get(country=country)
                    place_of = Place(place.sponsor, place.study, its)
                    by_hand = summed(reading.metric.name, place_of, person(username), now.date())
                    assert reading.value == by_hand or (reading.value, by_hand) == (None, 0)  # no system said anything


@pytest.mark.parametrize(("address", "most"), [(STUDY, 25), (f"{STUDY}c/de/", 25)])
def test_an_overview_costs_the_same_at_ten_times_the_subjects(world, place, now, address, most):
    browser = signed_in("petra")

    def cost() -> int:
        browser.get(address)  # fills what is asked once per process
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address).status_code == 200
        return len(queries)

    before = cost()
    away = Site.objects.filter(country__country="DE", operational_status="ACTIVATED").order_by("-number")[0]
    with acting(Service("Test"), reason="Subjects to count", channel=Channel.FEED):
        Subject.objects.bulk_create(
            SubjectFactory.build(
                sponsor_id=place.study.sponsor_id, study=place.study, site=away, number=f"M-{number}",
                status="RANDOMISED", randomised_on=now.date(), enrolled_on=now.date(),
            )
            for number in range(180)
        )  # fmt: skip
    assert cost() == before <= most


def test_before_the_first_site_is_open_start_up_stands_in_its_place(db):
    otto = signed_in("otto")
    page = otto.get("/in/south/s/TAK-861-2003/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "Enrollment against plan" not in text.partition("Needs attention")[0]
    assert "No enrollment plan is entered" in text
    assert "Start-up" in text


def test_every_alarm_that_has_words_is_counted_on_an_overview():
    read = (*dashboards._OF_SUBJECTS, *dashboards._HERE, *dashboards._MONITORED, *dashboards._PAID)
    assert set(attention._COUNTED) <= {metric.name for metric in read}
