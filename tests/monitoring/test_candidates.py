"""Visits outside their windows: candidates that come, are decided on, and close by themselves."""

from datetime import date, timedelta

import pytest

from ctms.core.acting import Channel, Service, acting
from ctms.core.refusals import NotAllowed, Refusal
from ctms.studies.models import ScheduledVisit
from enrollment.models import Subject, SubjectVisit
from monitoring.models import Deviation, DeviationCandidate
from monitoring.services.candidates import find_candidates, move_candidate
from tests.api.client import Program
from tests.conftest import act, person, signed_in
from tests.factories import make

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-1")]
S = "/in/north/s/D3460C00002/"
FROM, TO = date(2024, 2, 10), date(2024, 2, 14)


def feed():
    return acting(Service("Feed of a test"), reason="What the system of record says", channel=Channel.FEED)


@pytest.fixture
def visits(site):
    """A visit before its window, one missed, one in time, one that nobody may have entered yet."""
    planned = ScheduledVisit.objects.select_related("schedule").order_by("pk")[0]
    window = {"visit": planned, "schedule": planned.schedule, "due_on": FROM, "window_from": FROM, "window_to": TO}
    with feed():
        one = make(Subject, site=site, number="C-1", status="RANDOMISED")
        found = [
            make(SubjectVisit, subject=one, **window, code=code, done_on=done_on)
            for code, done_on in (("EARLY", FROM - timedelta(days=2)), ("MISSED", None), ("GOOD", TO))
        ]
        late = {"window_to": date(2024, 3, 8)}
        make(SubjectVisit, subject=one, **window | late, code="RECENT", done_on=None)
    return found


def find(site, now):
    with acting(Service("Worker"), reason="Finding visits of subjects outside their windows", channel=Channel.TASK):
        return find_candidates(study=site.study, at=now)


def states():
    return dict(DeviationCandidate.objects.order_by("code").values_list("code", "status"))


def test_candidates_come_are_decided_on_and_close_when_the_source_is_put_right(site, visits, idris, lena, now):
    early, missed, _ = visits
    assert find(site, now) == 2
    assert states() == {"EARLY": "OPEN", "MISSED": "OPEN"}
    assert find(site, now) == 0
    first, second = DeviationCandidate.objects.order_by("code")
    named = f"Visit {first.subject_visit.visit.label}"
    words = f"{named} took place on 8 Feb 2024, 2 days before its window, 10 Feb 2024 to 14 Feb 2024."
    assert first.words == words
    work = signed_in("idris").get("/in/north/work/").content.decode()
    assert "Visits outside their windows" in work
    page = signed_in("idris").get(f"{S}site/{site.number}/deviation-candidates/{first.pk}/").content.decode()
    assert words in page
    with act(person("fumi")), pytest.raises(NotAllowed):
        move_candidate(candidate=first, move="accept", reason="", by=person("fumi"), at=now)
    accepted = signed_in("idris").post(f"{S}site/{site.number}/deviation-candidates/{first.pk}/move/accept/", {})
    assert accepted.status_code == 302, accepted.content
    with act(idris):
        move_candidate(candidate=second, move="dismiss", reason="The site was shut by snow", by=idris, at=now)
    deviation = Deviation.objects.get(candidates=first)
    assert (deviation.subject, deviation.occurred_on, deviation.description) == ("C-1", date(2024, 2, 8), words)
    assert deviation.source == "The visits of C-1 as the EDC has them, and the window of Screening 1"
    assert find(site, now) == 0
    assert states() == {"EARLY": "ACCEPTED", "MISSED": "DISMISSED"}
    with feed():
        SubjectVisit.objects.filter(pk__in=[early.pk, missed.pk]).update(done_on=TO)
    assert find(site, now) == 2
    assert states() == {"EARLY": "ACCEPTED", "MISSED": "CLOSED"}
    first.refresh_from_db()
    assert first.said_by.endswith("corrected there by 11 Mar 2024")
    with pytest.raises(Refusal), act(idris):
        move_candidate(candidate=second, move="reopen", reason="Look again", by=idris, at=now)
    with feed():
        SubjectVisit.objects.filter(pk=missed.pk).update(done_on=None)
    assert find(site, now) == 1
    assert states() == {"EARLY": "ACCEPTED", "MISSED": "OPEN"}
    listed = Program("idris").get("/api/v1/studies/D3460C00002/deviation-candidates/?status=OPEN").json()["results"]
    assert [(one["subject"], one["visit"], one["kind"], one["window_to"]) for one in listed] == [
        ("C-1", "MISSED", "MISSED", "2024-02-14")
    ]
    assert "Missed visit" in signed_in("idris").get(f"{S}deviations/candidates/").content.decode()
