"""Plan, actual and forecast on pages: at study, country and site, with what counts as enrolled beside them."""

from datetime import date, timedelta

import pytest

from ctms.core.acting import Channel, Service, acting
from ctms.core.metrics import read_here
from ctms.core.refusals import BadInput, NotAllowed, Refusal
from ctms.studies.models import Study, StudyCountry
from ctms.web.places import Place
from enrollment.metrics import ENROLLED, FORECAST, FORECAST_HIGH, FORECAST_LOW, PLANNED, PLANNED_TO_DATE, outlooks_at
from enrollment.models import Discrepancy, EnrollmentPlan, Subject
from enrollment.services.definitions import define_enrolled
from enrollment.services.plans import set_plan
from sites.models import Site
from tests.conftest import act, person, signed_in
from tests.factories import make

pytestmark = pytest.mark.django_db
STUDY = "/in/north/s/D3460C00002/"


@pytest.fixture
def study(north) -> Study:
    return Study.objects.select_related("scope", "sponsor").get()


@pytest.fixture
def place(study) -> Place:
    return Place(study.sponsor, study)


@pytest.fixture
def enrolled(study, now) -> Site:
    """A site with six enrolled subjects, two of them this month, and one in screening."""
    site = Site.objects.filter(enrollment_status="OPEN").select_related("country__scope", "scope").order_by("number")[0]
    with acting(Service("Test"), reason="Subjects to look at", channel=Channel.FEED):
        for number in range(6):
            day = now.date() - timedelta(days=3 if number < 2 else 20 + number)
            make(Subject, site=site, number=f"E-{number}", consented_on=day, randomised_on=day, enrolled_on=day,
                 status="RANDOMISED")  # fmt: skip
        make(Subject, site=site, number="E-7", consented_on=now.date())
    return site


def test_a_plan_is_set_changed_and_refused(study, mara):
    first, fumi = date(2024, 1, 15), person("fumi")
    with act(mara):
        plan = set_plan(study=study, scope=study.scope, first_month=first, subjects=[2, 4, 6], by=mara)
        assert plan.by_month() == {date(2024, 1, 1): 2, date(2024, 2, 1): 4, date(2024, 3, 1): 6}
        with pytest.raises(Refusal, match="already"):
            set_plan(study=study, scope=study.scope, first_month=first, subjects=[2, 4, 6], by=mara)
        with pytest.raises(BadInput):
            set_plan(study=study, scope=study.scope, first_month=first, subjects=[-1], by=mara)
        set_plan(study=study, scope=study.scope, first_month=first, subjects=[2, 4, 7], by=mara)
    with act(fumi), pytest.raises(NotAllowed):
        set_plan(study=study, scope=study.scope, first_month=first, subjects=[1], by=fumi)
    assert EnrollmentPlan.objects.get().subjects == [2, 4, 7]
    assert EnrollmentPlan.history.count() == 2


def test_numbers_at_study_country_and_site(study, place, mara, enrolled):
    with act(mara):
        set_plan(study=study, scope=enrolled.scope, first_month=date(2024, 2, 1), subjects=[4, 31], by=mara)
    metrics = (ENROLLED, PLANNED_TO_DATE, PLANNED, FORECAST, FORECAST_LOW, FORECAST_HIGH)
    country = Place(study.sponsor, study, enrolled.country)
    here = Place(study.sponsor, study, enrolled.country, enrolled)
    for one in (place, country, here):
        values = [reading.value for reading in read_here(metrics, one, mara)]
        assert values[:3] == [6, 4 + 11, 35], "11 of 31 days of March have passed"
        assert 6 <= values[4] <= values[3] <= values[5]
    outlook = outlooks_at([here], mara)[0]
    assert outlook.plan_words == "the site's plan"
    assert outlooks_at([country], mara)[0].plan_words == "the plan of one site"
    assert sum(outlook.actual.values()) == 6
    assert outlook.points()[-1].actual is None
    assert [point.new for point in outlook.points() if point.month == date(2024, 3, 1)] == [2]
    with act(mara):
        set_plan(study=study, scope=enrolled.country.scope, first_month=date(2024, 2, 1), subjects=[50], by=mara)
    assert outlooks_at([place], mara)[0].plan_words == "the plan of one country"
    assert StudyCountry.objects.count() > 1
    page = signed_in("mara").get(f"{STUDY}site/{enrolled.number}/enrollment/").content.decode()
    assert "The target here is the site&#x27;s plan." in page


def test_who_counts_the_enrolled_follows_what_counts_as_enrolled(study, place, mara, enrolled):
    def system():
        (reading,) = read_here([ENROLLED], place, mara)
        return reading.value, reading.source.system

    assert system() == (6, "IRT")
    with act(mara, "As the protocol has it"):
        define_enrolled(study=study, milestone="CONSENTED", by=mara)
    assert system() == (7, "EDC")


def test_pages_show_them(study, mara, enrolled):
    browser = signed_in("mara")
    saved = browser.post(
        f"{STUDY}enrollment/plan/", {"first_month": "2024-01", "subjects": "3\t5\t8 9, 10", "reason": "First version"}
    )
    assert saved.status_code == 302, saved.content
    wrong = browser.post(f"{STUDY}enrollment/plan/", {"first_month": "soon", "subjects": "x", "reason": "Try"})
    assert wrong.status_code == 422
    assert EnrollmentPlan.objects.get().subjects == [3, 5, 8, 9, 10]
    for address in ("enrollment/", f"c/{enrolled.country.country.lower()}/enrollment/",
                    f"site/{enrolled.number}/enrollment/"):  # fmt: skip
        page = browser.get(STUDY + address)
        assert page.status_code == 200
        text = page.content.decode()
        assert "from randomisation on" in text
        assert text.count('class="c-chart__band"') == text.count('class="c-chart__forecast"') == 2
        assert "The same as a table" in text
        assert ("Sites compete for the study’s target" in text) == (address != "enrollment/")
    with acting(Service("Test"), reason="Something to settle", channel=Channel.FEED):
        one = make(Discrepancy, site=enrolled, number="E-1")
        twice = make(Discrepancy, site=enrolled, number="E-2", difference="DUPLICATE_NUMBER", edc_says="A-1, B-2")
        early = make(Discrepancy, site=enrolled, number="E-3", difference="BEFORE_ACTIVATION",
                     ctms_says="activated 2024-02-26")  # fmt: skip
    assert "CTMS: activated 26 Feb 2024." in browser.get(f"{STUDY}reconciliation/{early.pk}/").content.decode()
    assert "EDC has it at A-1 and B-2." in browser.get(f"{STUDY}reconciliation/{twice.pk}/").content.decode()
    assert "Different days" in browser.get(f"{STUDY}reconciliation/?state=STANDING").content.decode()
    page = browser.get(f"{STUDY}reconciliation/{one.pk}/").content.decode()
    assert "EDC and IRT have different days" in page
    assert "Look into it" in page
    assert "live" in page
    done = browser.post(f"{STUDY}reconciliation/{one.pk}/move/explain/", {"reason": "Late entry"})
    assert done.status_code == 302, done.content
    one.refresh_from_db()
    assert (one.status, one.explanation) == ("EXPLAINED", "Late entry")
