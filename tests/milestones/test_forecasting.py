"""Forecasts follow from plans and facts alone: what waits is pushed, what rolls up follows the sites."""

from datetime import date, timedelta
from random import Random

from ctms.milestones.catalog import STANDARDS, TEMPLATES
from ctms.milestones.forecasting import Known, Planned, Reached

STUDY, COUNTRY = "/s/", "/s/c/"
DAY = date(2024, 1, 10)


def known(*plans: Planned, facts=None, left=None, forecasts=None) -> dict[int, object]:
    places = {plan.place: plan.name for plan in plans} | {place: place for place, _ in facts or {}}
    return Known(plans, facts or {}, left or {}, places, forecasts or {}).views()


def plan(key: int, code: str, on: date | None, place: str = "/s/c/1/", **said) -> Planned:
    return Planned(key, place, place.strip("/"), code, on, **said)


def days(number: int) -> date:
    return DAY + timedelta(days=number)


def test_the_standard_waits_for_nothing_in_a_circle_and_only_for_places_at_or_above():
    above = {"STUDY": ("STUDY",), "COUNTRY": ("COUNTRY", "STUDY"), "SITE": ("SITE", "COUNTRY", "STUDY")}
    for standard in STANDARDS.values():
        assert all(STANDARDS[code].level in above[standard.level] for code, _ in standard.after)
        assert standard.definition.endswith(".")
        if standard.rolls_up:
            assert standard.level != "SITE"
            assert STANDARDS[standard.rolls_up.code].level == "SITE"
        at = {one.code: one.day for one in TEMPLATES[standard.level]}
        late = [code for code, least in standard.after if code in at and at[code] + least > standard.day]
        assert not late, f"{standard.code} stands in its template before it can be"


def test_a_delay_pushes_what_waits_for_it_only_as_far_as_there_is_no_slack():
    views = known(
        plan(1, "SIV", days(0), expected_on=days(20), delay_reason="Pharmacy not ready"),
        plan(2, "GREEN_LIGHT", days(6)),
        plan(3, "ACTIVATED", days(60)),
    )
    assert (views[1].forecast_on, views[1].because) == (days(20), "Pharmacy not ready")
    assert views[2].forecast_on == days(21)
    assert "“Initiation visit”, forecast for 30 Jan 2024" in views[2].because
    assert (views[3].forecast_on, views[3].because) == (days(60), "")


def test_what_a_room_works_towards_is_never_forecast_before_what_must_come_first():
    plans = plan(1, "SIV", days(0)), plan(2, "GREEN_LIGHT", days(6))
    told = {("/s/c/1/", "GREEN_LIGHT"): (days(20), "Start-up item")}
    views = known(*plans, forecasts=told)
    assert (views[2].forecast_on, views[2].because) == (days(20), "Start-up item")
    late = plan(1, "SIV", days(0), expected_on=days(90), delay_reason="The investigator is away")
    views = known(late, plans[1], forecasts=told)
    assert (views[2].forecast_on, views[2].because) == (
        days(90),
        "Not before “Initiation visit”, forecast for 9 Apr 2024",
    )
    later = plan(2, "GREEN_LIGHT", days(6), expected_on=days(30), delay_reason="Holidays")
    assert known(plans[0], later, forecasts=told)[2].forecast_on == days(30)


def test_what_a_site_waits_for_may_be_the_study_s_and_a_fact_ends_the_guessing():
    plans = (plan(1, "EDC_GOLIVE", days(50), STUDY), plan(2, "SIV", days(10)))
    assert known(*plans)[2].forecast_on == days(50)
    views = known(*plans, facts={("/s/c/1/", "SIV"): Reached(days(12), "CTMS", "Evidence")})
    assert (views[2].actual_on, views[2].forecast_on, views[2].source) == (days(12), None, "Evidence")
    by_hand = plan(2, "SIV", days(10), entered_on=days(11), reference="eTMF 1")
    views = known(plans[0], by_hand, facts={("/s/c/1/", "SIV"): Reached(days(12), "CTMS", "Evidence")})
    assert (views[2].actual_on, views[2].source) == (days(11), "Entered by hand: eTMF 1")


def test_shares_of_sites_equal_a_plain_recount_on_random_sites():
    chance = Random(7)
    for _ in range(300):
        sites = [f"/s/c/{number}/" for number in range(chance.randrange(1, 9))]
        plans = [plan(100, "SA50", days(500), STUDY), plan(101, "FSA", days(500), STUDY),
                 plan(102, "C_FSA", days(500), COUNTRY)]  # fmt: skip
        facts, left, days_of = {}, {}, {}
        for number, place in enumerate(sites):
            on = days(chance.randrange(200))
            plans.append(plan(number, "ACTIVATED", on, place))
            if fate := chance.randrange(3):
                days_of[place] = (on, fate == 2)
                if fate == 2:
                    facts[place, "ACTIVATED"] = Reached(on, "CTMS", "Status")
            else:
                left[place] = "The site is dropped"
        views = known(*plans, facts=facts, left=left)
        done = sorted(on for on, is_done in days_of.values() if is_done)
        every = sorted(on for on, _ in days_of.values())
        needed = max(1, -(-len(every) // 2))
        if len(done) >= needed:
            assert views[100].actual_on == done[needed - 1]
        else:
            assert views[100].actual_on is None
            assert views[100].forecast_on == (every[needed - 1] if every else days(500))
        assert views[101].on == views[102].on == (done[0] if done else every[0] if every else days(500))
