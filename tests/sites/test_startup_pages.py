"""Start-up on pages and over REST: what blocks a site, who has it, since when."""

from datetime import date

import pytest

from ctms.core.acting import Channel, Service, acting
from ctms.milestones.models import Milestone
from ctms.milestones.services.outlooks import take_stock
from sites.models import ItemHolding, Site, StartUpItem
from sites.startup.checklist import checklist_of
from tests.api.client import Program
from tests.conftest import act, signed_in
from tests.factories import make
from tests.startup import items_of, settle, with_checklist

pytestmark = pytest.mark.django_db
STUDY, REST = "/in/north/s/D3460C00002/", "/api/v1/studies/D3460C00002/"


@pytest.fixture
def site(north, petra, now) -> Site:
    """A site in Austria on 13 February, initiated, with nothing settled but the items of the study."""
    with act(petra):
        Site.objects.filter(number="AT-001").update(operational_status="INITIATED", status_on=date(2024, 2, 13))
    found: Site = Site.objects.select_related("country", "study", "facility").get(number="AT-001")
    with_checklist(found, petra, now)
    return found


def test_the_tab_says_what_blocks_who_has_it_and_since_when(site):
    page = signed_in("mara").get(f"{STUDY}site/AT-001/start-up/")
    blocking = {one["text"]: one for one in page.context["blockers"]}
    first, waiting = blocking["Application to the authority"], blocking["Authority approval"]
    assert (first["due"], first["meta"]) == (
        "with Sponsor since 13 Feb 2024", "late by 13 days; can be waived by two signatures",
    )  # fmt: skip
    assert waiting["due"] == "waits for Application to the authority"
    assert waiting["meta"].endswith("; cannot be waived")
    words = page.content.decode()
    assert all(words.count(one["due"]) for one in blocking.values())
    move = signed_in("mara").get(f"{STUDY}site/AT-001/move/activate/").content.decode()
    assert "keep the gate “activation” shut" in move
    assert "with Sponsor since 13 Feb 2024" in move


def test_the_board_is_the_same_on_the_page_and_over_rest(site, petra):
    settle(items_of(site).filter(level="country"), date(2024, 2, 20), petra)
    board = signed_in("mara").get(f"{STUDY}start-up/?country=at")
    ((row,),) = [group["rows"] for group in board.context["groups"]]
    cells = {cell["label"]: (cell["tone"], cell["text"]) for cell in row["cells"]}
    assert (cells["Authority"], cells["SIV"][0]) == (("ok", "20 Feb"), "open")
    tones = {"ok": "DONE", "info": "IN_PROGRESS", "open": "WAITING", "bad": "LATE", "none": "NOT_ASKED"}
    mara = Program("mara")
    (told,) = mara.get(f"{REST}start-up/?country=AT").json()["sites"]
    assert {cell["column"]: cell["state"] for cell in told["cells"]} == {
        name: tones[tone] for name, (tone, _) in cells.items()
    }  # fmt: skip
    assert told["activation_expected_on"] is not None
    checklist, listed = checklist_of(site), mara.get(f"{REST}start-up/items/?limit=200&site=AT-001").json()
    expected = {item.pk: item.expected_on.isoformat() for item in checklist.items.values()}
    waiting = {one.item.pk for one in checklist.blockers("ACTIVATION") if not one.holding}
    said = {row["id"]: row["expected"] for row in listed["results"]}
    assert waiting & said.keys()
    assert said.keys() - waiting
    assert said == {key: None if key in waiting else expected[key] for key in said}
    assert not signed_in("mara").get(f"{STUDY}start-up/?country=at&from=30").context["groups"]


def test_what_waits_is_expected_after_what_it_waits_for_and_the_milestone_says_the_same_day(site, petra, now):
    checklist = checklist_of(site)
    for one in checklist.blockers("ACTIVATION"):
        day, before = checklist.expected_on(one.item), checklist.waited_for(one.item, checklist.today)
        assert (day >= checklist.today and before) or one.holding
        assert all(checklist.expected_on(other.item) <= day for other in before if not one.holding)
    on = checklist.opens_on("ACTIVATION")
    board = signed_in("mara").get(f"{STUDY}start-up/?country=at")
    assert [group["rows"][0]["expected"] for group in board.context["groups"]] == [f"{on:%-d %b %Y}"]
    last = next(one.item for one in checklist.blockers("ACTIVATION") if checklist.expected_on(one.item) == on)
    assert f"Not before {on:%-d %b %Y}" in signed_in("mara").get(f"{STUDY}start-up/items/{last.pk}/").content.decode()
    with act(petra):
        make(Milestone, scope=site.scope, study=site.study, code="ACTIVATED", planned_on=date(2023, 1, 2))
    with acting(Service("Worker"), reason="Taking stock", channel=Channel.TASK):
        take_stock(study=site.study, at=now)
    outlook = Milestone.objects.get(scope=site.scope, code="ACTIVATED").outlook
    assert (outlook.forecast_on, "open items" in outlook.because) == (on, True)


def test_an_activation_whose_day_has_passed_is_overdue_until_somebody_says_another(site, petra, now):
    last = items_of(site).filter(level="site").exclude(gate="").order_by("-expected_on").first()
    settle(items_of(site).exclude(pk=last.pk), date(2024, 2, 14), petra)
    with act(petra):
        ItemHolding.objects.filter(item=last).delete()
        make(ItemHolding, item=last, study=site.study, since=date(2024, 2, 14))
        StartUpItem.objects.filter(pk=last.pk).update(expected_on=date(2024, 2, 16))
        make(Milestone, scope=site.scope, study=site.study, code="ACTIVATED", planned_on=date(2024, 2, 15))
    with acting(Service("Worker"), reason="Taking stock", channel=Channel.TASK):
        take_stock(study=site.study, at=now)
    milestone = Milestone.objects.looked_at(now.date()).get(scope=site.scope, code="ACTIVATED")
    assert (milestone.state, milestone.outlook.forecast_on) == ("OVERDUE", date(2024, 2, 16))
    board = signed_in("mara").get(f"{STUDY}start-up/?country=at")
    (row,) = (row for group in board.context["groups"] for row in group["rows"])
    assert (row["expected"], row["late"]) == ("16 Feb 2024", f"late by {(now.date() - date(2024, 2, 16)).days} d")
