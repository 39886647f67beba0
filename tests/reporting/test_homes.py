"""Where a day begins: each role's home, and what the homes show of whom."""

from datetime import timedelta

import pytest

from ctms.core import clock
from ctms.core.acting import on_simulated_day
from ctms.core.metrics import LIVE, Reading
from ctms.milestones.models import Milestone, Outlook
from ctms.reporting.standing import METRICS, cells_of
from ctms.studies.models import Study
from finance.models import PaymentRequest, PaymentRun
from monitoring.models import FollowUpItem, MonitoringVisit
from sites.models import Site
from tests.conftest import act, person, signed_in
from tests.factories import make

pytestmark = pytest.mark.django_db
IN = "/in/north/"
STUDY = f"{IN}s/D3460C00002/"


@pytest.mark.parametrize(
    ("username", "home"),
    [("petra", f"{IN}portfolio/"), ("mara", STUDY), ("idris", f"{IN}my-visits/"), ("lena", f"{IN}my-visits/"),
     ("fumi", f"{IN}money/"), ("noor", f"{IN}money/"), ("ines", f"{IN}work/"), ("ada", f"{IN}work/")],
)  # fmt: skip
def test_each_role_lands_on_its_home_and_may_go_elsewhere(north, username, home):
    browser = signed_in(username)
    assert browser.get(IN).url == home
    assert browser.get(home).status_code == 200
    assert browser.get(f"{IN}portfolio/").status_code == 200


def test_a_home_that_is_not_for_ones_role_is_not_there(north):
    assert signed_in("ada").get(f"{IN}my-visits/").status_code == 404
    assert signed_in("idris").get(f"{IN}money/").status_code == 404


@pytest.mark.parametrize(
    ("numbers", "tones"),
    [
        ({}, ["mute", "mute", "ok", "ok", "ok"]),
        ({"enrollment.enrolled": 89, "enrollment.planned_to_date": 100, "sites.startup_open": 50,
          "sites.startup_late": 9, "monitoring.follow_ups_late": 1, "monitoring.deviations_serious": 1,
          "finance.runs_to_approve": 1}, ["watch"] * 5),
        ({"enrollment.enrolled": 69, "enrollment.planned_to_date": 100, "sites.startup_open": 50,
          "sites.startup_late": 10, "monitoring.reports_late": 1, "monitoring.reports_writing": 5,
          "monitoring.deviations_critical": 1, "finance.runs_late": 1}, ["bad"] * 5),
        ({"enrollment.enrolled": 90, "enrollment.planned_to_date": 100, "sites.startup_open": 50}, ["ok"] * 5),
    ],
)  # fmt: skip
def test_the_colour_of_a_room_follows_its_numbers(numbers, tones):
    plan = "enrollment.planned_to_date"
    named = {
        one.name: Reading(one, numbers.get(one.name, None if one.name == plan else 0), LIVE, "") for one in METRICS
    }
    cells = cells_of(named, sees_visits=True, sees_money=True)
    assert [cell.tone for cell in cells] == tones
    assert [cell is None for cell in cells_of(named, sees_visits=False, sees_money=False)] == [False] * 2 + [True] * 3


def test_the_portfolio_shows_what_slipped_this_week_to_those_who_see_it(north, petra, now):
    outlook = Outlook.objects.filter(actual_on=None, standing="EXPECTED").exclude(forecast_on=None).first()
    with on_simulated_day(now + timedelta(days=30)), act(petra):
        Outlook.objects.filter(pk=outlook.pk).update(forecast_on=now.date() + timedelta(days=400))
        named = str(outlook.milestone)
        assert Milestone.objects.slipped(clock.now() - timedelta(days=7)).get().pk == outlook.milestone_id
        shown = signed_in("petra").get(f"{IN}portfolio/").context
        assert [named in slip["text"] for slip in shown["slips"]] == [True]
        assert signed_in("ada").get(f"{IN}portfolio/").context["slips"] == []
    with on_simulated_day(now + timedelta(days=60)):
        assert not Milestone.objects.slipped(clock.now() - timedelta(days=7)).exists()


def test_a_monitor_sees_own_visits_and_the_items_of_own_sites(north, petra, now):
    idris, today = person("idris"), now.date()
    ours, theirs = Site.objects.get(number="DE-004"), Site.objects.filter(country__country="US").first()
    with act(petra):
        for site, monitor, number in ((ours, idris, 81), (ours, person("lena"), 82), (theirs, idris, 83)):
            visit = {"study": site.study, "site": site, "monitor": monitor, "number": number}
            make(MonitoringVisit, **visit, label=f"IMV {number}", planned_on=today - timedelta(days=1))
        late = {"starts_on": today - timedelta(days=40), "ends_on": today - timedelta(days=40), "status": "DRAFT"}
        make(MonitoringVisit, study=ours.study, site=ours, monitor=idris, number=84, label="IMV 84", **late,
             planned_on=today, report_due_on=today - timedelta(days=20))  # fmt: skip
        for site in (ours, theirs):
            make(FollowUpItem, study=site.study, site=site, text=f"To do at {site.number}", due_on=today)
    shown = signed_in("idris").get(f"{IN}my-visits/").context
    assert not shown["has_more_items"]
    assert "IMV 81" in [one["label"] for one in shown["ahead"]]
    assert not {"IMV 82", "IMV 83"} & {one["label"] for one in shown["ahead"]}
    (draft,) = [one for one in shown["drafts"] if "IMV 84" in one["text"]]
    assert (draft["tone"], draft["meta"][:8]) == ("bad", "40 d old")
    texts = [item["text"] for group in shown["items"] for item in group["items"]]
    assert any("To do at DE-004" in text for text in texts)
    assert not any(theirs.number in text for text in texts)
    assert not [one for one in shown["sites"] if one["number"][:2] not in ("AT", "DE", "HU", "PL")]
    with act(petra):
        for _ in range(12):
            make(FollowUpItem, study=ours.study, site=ours, text="And more", due_on=today)
    shown = signed_in("idris").get(f"{IN}my-visits/").context
    assert (sum(len(group["items"]) for group in shown["items"]), shown["has_more_items"]) == (12, True)
    assert shown["studies"][0]["items_url"]


def test_money_says_what_is_held_and_what_the_erp_owes(north, petra, now):
    study, today = Study.objects.get(), now.date()
    with act(petra):
        run = make(PaymentRun, study=study, number=900, status="RELEASED", until=today)
        asked = {"run": run, "study": study, "due_on": today - timedelta(days=3)}
        make(PaymentRequest, **asked, reference="R-LATE", net=100, currency="EUR")
        make(PaymentRequest, **asked, reference="R-SMALL", net=1, currency="USD", rolls_forward=True)
    shown = signed_in("noor").get(f"{IN}money/").context
    assert [row["totals"] for row in shown["runs"] if row["run"].number == 900] == [["EUR 100.00"]]
    assert len([one for one in shown["late"] if "PR-900" in one["meta"]]) == 1
    why = " ".join(one["meta"] for one in shown["held"] if "PR-900" in one["meta"])
    assert "not verified" in why
    with act(petra):
        for number in range(12):
            make(PaymentRequest, **asked, reference=f"R-{number}", net=100, currency="EUR")
    again = signed_in("noor").get(f"{IN}money/").context
    for name in ("late", "held"):
        listed = len(again[name]) + sum(int(one["words"].split()[0]) for one in again[f"{name}_rest"])
        assert (len(again[name]), listed) == (10, len(shown[name]) + 12)
    assert "Below the smallest payment" in why
