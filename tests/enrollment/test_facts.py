"""What enrollment tells the rooms above: milestones, a site's status for reports, when visits are due."""

from datetime import date, timedelta

import pytest

from ctms.core.acting import Channel, Service, acting
from ctms.milestones.services.outlooks import take_stock
from ctms.studies.models import Study
from enrollment import facts, milestones
from enrollment.models import Subject, SubjectVisit
from enrollment.queries import Course, course_at
from monitoring.models import Cadence
from monitoring.planning import due_visits
from sites.models import Site
from tests.factories import make

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-2")]
FIRST = date(2024, 2, 5)


def feed():
    return acting(Service("Feed of a test"), reason="What the system of record says", channel=Channel.FEED)


@pytest.fixture
def site(north):
    """One of two sites with subjects: three here, of whom one failed screening, and an earlier one elsewhere."""
    study = Study.objects.select_related("scope").get()
    here, there = (
        Site.objects.filter(enrollment_status="OPEN").select_related("scope", "country").order_by("number")[:2]
    )
    with feed():
        for number, days in enumerate((0, 3, 9)):
            on = FIRST + timedelta(days=days)
            status = ("ON_TREATMENT", "COMPLETED", "SCREEN_FAILED")[number]
            end = {"completed_on": on + timedelta(days=20)} if number == 1 else {}
            end |= (
                {"screen_failed_on": on} if number == 2 else {"randomised_on": on, "enrolled_on": on, "treated_on": on}
            )
            one = make(Subject, site=here, number=f"S-{number}", status=status, consented_on=on, **end)
            make(
                SubjectVisit, subject=one, code="V1", done_on=on + timedelta(days=1), entered=number > 0, open_queries=2
            )
        make(Subject, site=there, number="T-1", consented_on=FIRST - timedelta(days=7))
    here.study = study
    return here


def reached(site):
    """(place, code) -> day, of what enrollment says."""
    return {(one.scope_id, one.code): one.on for one in milestones.facts(site.study)}


def test_first_and_last_subjects_are_milestones_of_site_country_and_study(site, now):
    here, country, study = site.scope_id, site.country.scope_id, site.study.scope_id
    found = reached(site)
    assert found[here, "S_FPS"] == FIRST
    assert found[study, "FPS"] == FIRST - timedelta(days=7)
    assert found[here, "S_FPI"] == found[country, "C_FPI"] == found[study, "FPI"] == FIRST + timedelta(days=1)
    assert found[study, "FPR"] == found[study, "FPFD"] == FIRST
    assert not {code for _, code in found} & {"S_LPI", "C_LPI", "LPI", "S_LPLV", "LPLV", "ENR25"}
    with feed():
        Site.objects.filter(pk=site.pk).update(enrollment_status="CLOSED")
    assert reached(site)[here, "S_LPI"] == FIRST + timedelta(days=10)
    assert (here, "S_LPLV") not in reached(site)
    with feed():
        Subject.objects.filter(number="S-0").update(status="WITHDRAWN")
        Study.objects.filter(pk=site.study_id).update(planned_enrollment=4)
    site.study.refresh_from_db()
    found = reached(site)
    assert found[here, "S_LPLV"] == FIRST + timedelta(days=10)
    assert (country, "C_LPLV") not in found
    assert (found[study, "ENR25"], found[study, "ENR50"]) == (FIRST, FIRST + timedelta(days=3))
    (fact,) = [one for one in milestones.facts(site.study) if one.code == "FPR"]
    assert (fact.system, fact.source) == ("IRT", f"First randomisation, at site {site.number}")
    with feed():
        take_stock(study=site.study, at=now)


def test_a_report_shows_what_is_known_of_the_subjects(site, now):
    told = {one.label: one for one in facts.known_of(site, now)}
    assert told["Subjects consented"].value == "3"
    assert told["Enrolled, from randomisation on"].value == "2, the last on 8 Feb 2024"
    assert [told[label].value for label in ("Screen failed", "On treatment", "Completed")] == ["1", "1", "1"]
    assert told["Data"].value == "1 visits not entered, 2 entered and not verified"
    assert told["Open queries"].value == "6"
    assert (told["On treatment"].source, told["On treatment"].as_of) == ("EDC", "not read to the end yet")
    assert not [one for one in told.values() if "S-" in one.value]


def test_subjects_ask_for_the_first_and_the_last_visit(site):
    cadence = Cadence(first_within_days=28, on_site_weeks=12, remote_weeks=6)
    asked = {"status": "ACTIVATED", "status_on": date(2024, 1, 8), "country": "DE", "cadence": cadence, "visits": []}

    def due(course):
        return [(one.type, one.planned_on, one.trigger) for one in due_visits(**asked, on=FIRST, course=course)]

    course = course_at(site)
    assert course == Course(FIRST, None)
    assert due(course) == [
        ("IMV", date(2024, 3, 4), "First visit within 28 days of the first enrolled subject, 5 Feb 2024")
    ]
    assert due(Course(None, None))[0][1] == date(2024, 4, 2), "12 weeks after activation, after Easter"
    assert due(None)[0][2] == "First visit within 28 days of activation"
    ((kind, on, trigger),) = due(Course(FIRST, FIRST))
    assert (kind, on, trigger) == ("COV", date(2024, 3, 4), "The last subject had the last visit on 5 Feb 2024")
