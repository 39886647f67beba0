"""What enrollment and monitoring tell, paid as agreed: visits entered, screen failures, milestones, reports."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ctms.core.acting import Channel, Service, acting
from enrollment.models import Subject, SubjectStatus, SubjectVisit
from finance.models import FactKind, Payable
from finance.services.posting import post_payables
from monitoring.models import MonitoringVisit
from tests.conftest import act, person
from tests.factories import make
from tests.finance.world import agreement, elsewhere, in_force

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-7")]
DAY = date(2024, 2, 1)
FEES = (
    {"code": "VISIT", "item": ""},
    {"code": "SF", "item": "", "trigger": FactKind.SCREEN_FAILURE, "amount": Decimal(400)},
    {"code": "RAND", "item": "RANDOMISED", "trigger": FactKind.SUBJECT_MILESTONE, "amount": Decimal(50)},
)


@pytest.fixture
def site(north, now):
    found = elsewhere()
    agreement(found, now, fees=FEES, failures_initial=1, failures_per=1, per_enrolled=2)
    return found


def feed():
    return acting(Service("Feed of a test"), reason="What the system of record says", channel=Channel.FEED)


def subject(site, number, **days):
    own = {"study": site.study, "site": site, "number": number, "status": SubjectStatus.SCREENING, "schedule": None}
    empty = dict.fromkeys(("screen_failed_on", "enrolled_on", "randomised_on", "treated_on", "completed_on",
                           "consented_on", "treatment_ended_on", "withdrawn_on", "lost_on", "eligible_on"))  # fmt: skip
    return make(Subject, **(own | empty | days))


def visit(subject, code, *, done_on=DAY, entered=True):
    return make(SubjectVisit, study=subject.study, subject=subject, code=code, schedule=None, visit=None,
                done_on=done_on, entered=entered)  # fmt: skip


def due(site, now):
    with act(person("fumi")):
        post_payables(study=site.study, at=now)
    return sorted((one.item, one.subject, one.net) for one in in_force(site.study) if one.site_id == site.pk)


def test_visits_failures_and_milestones_are_paid_as_agreed(site, now):
    with feed():
        first = subject(site, "A1", enrolled_on=DAY, randomised_on=DAY)
        done = visit(first, "V1")
        visit(first, "V2", entered=False)
        visit(first, "V3", done_on=None)
        failed = [subject(site, f"F{one}", screen_failed_on=DAY + timedelta(days=one)) for one in range(3)]
    paid = [("RAND", "A1", 50), ("SF", "F0", 400), ("VISIT", "A1", 1000)]
    assert due(site, now) == paid
    count = Payable.objects.count()
    assert due(site, now) == paid
    assert Payable.objects.count() == count
    with feed():
        subject(site, "A2", enrolled_on=DAY)
        SubjectVisit.objects.filter(pk=done.pk).update(done_on=DAY + timedelta(days=1))
    assert due(site, now) == sorted([*paid, ("SF", "F1", 400)])  # enrollment grew; a corrected day pays nothing twice
    with feed():
        Subject.objects.filter(pk=failed[0].pk).update(status=SubjectStatus.DELETED)
        SubjectVisit.objects.filter(pk=done.pk).update(entered=False)
    assert due(site, now) == [("RAND", "A1", 50), ("SF", "F1", 400), ("SF", "F2", 400)]
    row = Payable.objects.filter(fact_id=f"visit/{done.pk}").order_by("revision").first()
    assert (row.occasion, row.purpose) == ("V1", f"{row.fee.label}: V1")
    assert Payable.objects.get(item="RAND").purpose == Payable.objects.get(item="RAND").fee.label
    assert row.source == "Visit V1 of subject A1, done and entered, as its system of record has it"


def test_a_monitoring_visit_is_paid_once_its_report_is_approved_and_no_more_once_it_is_voided(north, now):
    site = elsewhere()
    agreement(site, now, fees=[{"code": "IMV", "item": "IMV", "trigger": FactKind.SITE_MILESTONE}])
    told = {"study": site.study, "site": site, "starts_on": DAY, "ends_on": DAY}
    with act(person("ada")):
        done = make(MonitoringVisit, **told, type="IMV", status="APPROVED", approved_on=DAY + timedelta(days=9))
        make(MonitoringVisit, **told, type="IMV", status="SUBMITTED")
        make(MonitoringVisit, **told, type="COV", status="APPROVED", approved_on=DAY)
    assert due(site, now) == [("IMV", "", 1000)]
    with act(person("ada")):
        MonitoringVisit.objects.filter(pk=done.pk).update(status="VOIDED")
    assert due(site, now) == []
