"""Follow-up items that nobody did: first on the monitor's desk, then on those of reviewers and approvers."""

from datetime import timedelta

import pytest

from ctms.core.refusals import Refusal
from monitoring import work
from monitoring.models import Deviation, FollowUpItem
from monitoring.services.issues import edit_deviation
from tests.api.client import Program
from tests.conftest import act, person, signed_in
from tests.factories import make

pytestmark = pytest.mark.django_db


def test_what_is_overdue_is_escalated_step_by_step(site, now):
    with act(person("petra")):
        for number, days in ((901, -1), (902, 1), (903, 7), (904, 14)):
            make(FollowUpItem, site=site, number=number, due_on=now.date() - timedelta(days=days), text=f"{days} late")
        make(FollowUpItem, site=site, number=905, due_on=now.date() - timedelta(days=30), status="CLOSED")

    def desk(username):
        items = list(work.follow_ups(person(username), site.sponsor, now))
        return [one.title.partition(":")[0] for one in items if site.number in one.sub], [one.sub for one in items]

    assert desk("idris")[0] == ["FU-0904", "FU-0903", "FU-0902"]
    assert desk("mara")[0] == ["FU-0904", "FU-0903"], "she reviews and approves"
    assert desk("petra")[0] == ["FU-0904"], "she approves"
    assert f"{site.number}, minor, escalated to approvers" in desk("petra")[1]
    page = signed_in("petra").get(f"/in/north/s/D3460C00002/site/{site.number}/follow-ups/903/").content.decode()
    assert "To reviewers of reports, 11 Mar 2024" in page
    assert "To approvers" not in page
    listed = Program("mara").get("/api/v1/studies/D3460C00002/follow-ups/?status=OPEN&limit=500").json()["results"]
    steps = {one["number"]: one["escalation"] for one in listed if one["number"] > 900}
    assert steps == {901: 0, 902: 0, 903: 1, 904: 2}


def test_what_was_put_down_of_a_settled_deviation_stands(site, idris, now):
    with act(person("petra"), "Settled before"):
        one = make(Deviation, site=site, number=901, status="CLOSED", description="Visit a day late")
    with act(idris, "Second thoughts"), pytest.raises(Refusal, match="DV-0901 is settled \\(closed\\)"):
        edit_deviation(deviation=one, changes={"description": "Nothing"}, version=None, by=idris, at=now)
    assert Deviation.objects.get(pk=one.pk).description == "Visit a day late"
    assert Deviation.history.filter(id=one.pk).count() == 1
    page = signed_in("idris").get(f"/in/north/s/D3460C00002/site/{site.number}/deviations/901/").content.decode()
    assert "deviations/901/edit/" not in page
