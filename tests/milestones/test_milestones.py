"""Plan, signed baseline, forecast and actual, each its own; pages and REST that say the same."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from ctms.accounts.models import Scope
from ctms.core.acting import Channel, Service, acting
from ctms.core.refusals import BadInput, NotAllowed, Refusal
from ctms.core.versions import Stale, version_of
from ctms.milestones.models import Baseline, BaselineLine, Milestone, Outlook
from ctms.milestones.services.baselines import draw_up_baseline, move_baseline
from ctms.milestones.services.outlooks import take_stock
from ctms.milestones.services.plans import edit_milestone, expect_days, plan_places
from ctms.milestones.work import baselines_to_sign, overdue_milestones
from ctms.studies.models import Study
from sites.models import Site, SiteStatusEvent, StartUpItem
from sites.services.evidence import record_evidence, withdraw_evidence
from tests.api.client import Program
from tests.conftest import act, person, signed_in
from tests.factories import make
from tests.signing import proof

pytestmark = pytest.mark.django_db
STUDY = "/in/north/s/D3460C00002/"


@pytest.fixture
def study(north: Any) -> Study:
    return Study.objects.select_related("scope").get()


def milestone(study: Study, code: str, scope: Scope | None = None) -> Any:
    return Milestone.objects.select_related("outlook").get(scope=scope or study.scope, code=code)


def edited(one: Milestone, by: Any, now: Any, version: int | None = None, **changes: Any) -> Milestone:
    return edit_milestone(milestone=one, changes=changes, version=version, by=by, at=now)


def stock(study: Study, now: Any) -> int:
    with acting(Service("Worker"), reason="Taking stock", channel=Channel.TASK):
        return take_stock(study=study, at=now)


def test_actual_days_are_what_evidence_and_statuses_say_with_their_source(study, now):
    site = Site.objects.filter(operational_status="ACTIVATED", scope__milestones__code="SIV").first()
    assert site is not None
    reached = milestone(study, "SIV", site.scope).outlook
    fact = site.standing_evidence.get(code="SIV")
    assert (reached.actual_on, reached.system) == (fact.occurred_on, "CTMS")
    assert reached.source == f"{site.monitoring_visits.get(type='SIV').label} took place"
    light = StartUpItem.objects.get(site=site, code="T-GL")
    given = milestone(study, "GREEN_LIGHT", site.scope).outlook
    assert given.actual_on == light.actual_on is not None
    assert light.reference in given.source
    event = site.status_events.get(to_status="ACTIVATED")
    assert milestone(study, "ACTIVATED", site.scope).outlook.actual_on == event.effective_on
    days = SiteStatusEvent.objects.filter(to_status="ACTIVATED", corrections=None).values_list(
        "effective_on", flat=True
    )
    assert milestone(study, "FSA").outlook.actual_on == min(days)
    assert stock(study, now) == 0  # nothing differs, so nothing is written


def test_a_fact_is_taken_over_and_gives_way_when_its_evidence_is_withdrawn(study, mara, now):
    site = Site.objects.filter(operational_status="ACTIVATED", scope__milestones__code="S_LPLV").first()
    assert site is not None
    with act(mara):
        said = record_evidence(
            site=site, code="S_LPLV", occurred_on=now.date(), reference="eTMF 77", by=mara, at=now
        )  # fmt: skip
    assert milestone(study, "S_LPLV", site.scope).outlook.actual_on is None
    stock(study, now)
    assert milestone(study, "S_LPLV", site.scope).outlook.actual_on == now.date()
    with act(mara):
        withdraw_evidence(evidence=said, reason="Of another site", by=mara, at=now)
    stock(study, now)
    reached = milestone(study, "S_LPLV", site.scope).outlook
    assert (reached.actual_on, reached.source) == (None, "")
    assert Outlook.history.filter(milestone=reached.milestone_id, actual_on=now.date()).count() == 1


def test_a_forecast_moves_what_depends_on_it_and_leaves_plan_and_baseline(study, mara, now):
    one, dependent = milestone(study, "LPLV"), milestone(study, "DBL_SOFT")
    before = (dependent.planned_on, dependent.baseline_on)
    with act(mara, "Recruitment is slow"):
        edited(one, mara, now, expected_on=one.planned_on + timedelta(days=200), delay_reason="Recruitment is slow")
    dependent = milestone(study, "DBL_SOFT")
    assert dependent.outlook.forecast_on == one.planned_on + timedelta(days=221)
    assert "Last subject's last visit" in dependent.outlook.because
    assert (dependent.planned_on, dependent.baseline_on) == before
    days = {one.pk: (one.planned_on + timedelta(days=300), "Slower still")}
    with act(person("ines"), "Slower still"), pytest.raises(Refusal):
        expect_days(study=study, days=days, by=person("ines"), at=now)
    assert milestone(study, "DBL_SOFT").outlook.forecast_on == one.planned_on + timedelta(days=221)
    with act(mara, "Slower still"):
        assert expect_days(study=study, days=days, by=mara, at=now) == 1
    assert milestone(study, "DBL_SOFT").outlook.forecast_on == one.planned_on + timedelta(days=321)


def test_a_baseline_is_signed_once_as_drawn_up_and_slips_are_measured_by_it(study, mara, petra, now):
    draft = Baseline.objects.get(scope=study.scope, status="DRAFT")
    (waiting,) = baselines_to_sign(petra, study.sponsor, now)
    assert waiting.url.endswith(f"/baselines/{draft.pk}/")
    with act(petra), pytest.raises(Refusal) as unsigned:
        move_baseline(baseline=draft, move="approve", reason="As agreed", by=petra, at=now)
    assert unsigned.value.code != "GUARD"
    proven = proof(draft, petra, now)
    with act(petra, "As agreed"):
        move_baseline(baseline=draft, move="approve", reason="As agreed", by=petra, at=now, proof=proven)
    assert dict(Baseline.objects.filter(scope=study.scope).values_list("number", "status")) == {
        1: "SUPERSEDED", 2: "APPROVED",
    }  # fmt: skip
    lines = BaselineLine.objects.filter(baseline=draft)
    assert lines.count() == Milestone.objects.exclude(level="SITE").count()
    assert not lines.exclude(milestone__baseline_on=F("on")).exists()
    with act(mara), pytest.raises(BadInput):  # another one says why
        draw_up_baseline(study=study, scope=study.scope, reason=" ", by=mara, at=now)
    assert Baseline.objects.filter(scope=study.scope).count() == 2


def test_no_baseline_is_signed_that_is_no_longer_the_plan_nor_by_who_may_not(study, mara, petra, now):
    draft = Baseline.objects.get(scope=study.scope, status="DRAFT")
    one = milestone(study, "TLR")
    with act(mara, "Statistics needs longer"):
        edited(one, mara, now, planned_on=one.planned_on + timedelta(days=1))
    proven = proof(draft, petra, now)
    with act(petra), pytest.raises(Refusal, match="The plan has changed since: “Top-line results”"):
        move_baseline(baseline=draft, move="approve", reason="x", by=petra, at=now, proof=proven)
    with act(mara), pytest.raises(Refusal, match="Who draws up a baseline does not sign it"):
        move_baseline(baseline=draft, move="approve", reason="x", by=mara, at=now, proof=None)
    lena = person("lena")
    with act(lena), pytest.raises(NotAllowed):
        move_baseline(baseline=draft, move="approve", reason="x", by=lena, at=now, proof=None)
    assert Baseline.objects.get(pk=draft.pk).status == "DRAFT"
    assert milestone(study, "TLR").baseline_on == one.baseline_on


def test_days_by_hand_need_proof_and_for_subjects_a_reason_and_none_lies_ahead(study, mara, now):
    one, today = milestone(study, "FPI"), now.date()
    for by_person, entered_on, reference in (
        (True, today + timedelta(days=1), "eTMF 1"), (True, today, ""), (False, today, "eTMF 1"),
    ):  # fmt: skip
        with acting(mara, reason="Editing", channel=Channel.WEB, by_person=by_person), pytest.raises(Refusal):
            edited(one, mara, now, entered_on=entered_on, reference=reference)
    assert milestone(study, "FPI").entered_on is None
    with act(mara, "The feed is not connected yet"):
        edited(one, mara, now, entered_on=now.date(), reference="eTMF 1")
    page = signed_in("mara").get(f"{STUDY}milestones/").content.decode()
    assert "By hand, though a system should say so." in page


def test_who_was_slower_is_told_and_nothing_of_theirs_is_saved(study, mara, petra, now):
    one = milestone(study, "TLR")
    version = version_of(one)
    with act(petra, "Agreed"):
        edited(one, petra, now, version, planned_on=one.planned_on + timedelta(days=3))
    with act(mara, "Agreed too"), pytest.raises(Stale):
        edited(one, mara, now, version, planned_on=one.planned_on + timedelta(days=9))
    assert milestone(study, "TLR").planned_on == one.planned_on + timedelta(days=3)


def test_a_place_is_planned_once_by_who_may_plan_there(study, mara, now):
    idris, planned = person("idris"), Milestone.objects.count()
    here = Site.objects.filter(scope__milestones=None, country__country="AT").select_related("scope").first()
    there = Site.objects.filter(scope__milestones=None, country__country="JP").select_related("scope").first()
    with act(idris), pytest.raises(NotAllowed):
        plan_places(study=study, places=[here.scope, there.scope], starts_on=now.date(), by=idris, at=now)
    assert Milestone.objects.count() == planned
    with act(idris):
        assert plan_places(study=study, places=[here.scope], starts_on=now.date(), by=idris, at=now) == 1
    with act(mara), pytest.raises(Refusal, match="has a plan already"):
        plan_places(study=study, places=[here.scope], starts_on=now.date(), by=mara, at=now)


def test_what_is_overdue_waits_for_who_may_say_when_and_for_nobody_else(study, mara, now):
    items = list(overdue_milestones(mara, study.sponsor, now))
    assert items
    assert all(item.due_on < now.date() for item in items)
    assert not list(overdue_milestones(person("ines"), study.sponsor, now))


def test_page_list_and_rest_say_the_same(study, mara, now):
    browser = signed_in("mara")
    page = browser.get(f"{STUDY}milestones/").content.decode()
    assert page.count('<svg class="p-gantt') == 2
    listed = browser.get(f"{STUDY}milestones/list/?level=STUDY").context["listing"]
    answer = Program("mara", sponsor="north").get("/api/v1/studies/D3460C00002/milestones/?level=STUDY").json()
    assert listed["count"] == answer["count"] == Milestone.objects.filter(level="STUDY").count()
    by_code = {row["code"]: row for row in answer["results"]}
    shown = milestone(study, "FSA")
    assert by_code["FSA"]["actual"] == shown.outlook.actual_on.isoformat()
    assert by_code["FSA"]["slip"] == (shown.outlook.actual_on - shown.baseline_on).days


def test_pages_and_taking_stock_cost_the_same_at_ten_times_the_milestones(north, petra, now):
    with act(petra):
        place = make(Scope, kind="STUDY", parent=Scope.objects.get(path="/"), path="/q/")
        study = make(Study, scope=place)
        plan_places(study=study, places=[place], starts_on=now.date(), by=petra, at=now)
    browser, addresses = signed_in("petra"), ("", "list/")

    def more(first: int, last: int) -> None:
        with act(petra):
            sites = [make(Scope, kind="SITE", parent=place, path=f"/q/s{n}/") for n in range(first, last)]
            plan_places(study=study, places=sites, starts_on=now.date(), by=petra, at=now)

    def cost() -> list[int]:
        numbers = []
        for address in addresses:
            browser.get(f"/in/north/s/{study.slug}/milestones/{address}")
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(f"/in/north/s/{study.slug}/milestones/{address}").status_code == 200
            numbers.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            stock(study, now)
        return [*numbers, len(queries)]

    more(0, 6)
    before = cost()
    more(6, 60)
    assert cost() == before
    assert max(before) <= 32
