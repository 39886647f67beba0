"""The schedule as a picture, whose it is, and its approval."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.seed import PASSWORD

SCHEDULE = "/in/north/s/D3460C00002/schedule/"


@pytest.fixture
def page(visit) -> Page:
    """The study manager's browser."""
    return visit("mara").goes(SCHEDULE)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_a_window_stands_on_both_sides_of_its_day(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    picture = page.get_by_role("img", name=re.compile("^Visit schedule"))
    expect(picture.locator("g")).to_have_count(16)
    lane = picture.locator("g", has=page.locator("title", has_text="Week 2: day 14, ±3 d"))
    mark, window = lane.locator("circle").bounding_box(), lane.locator(".p-schedule__window").bounding_box()
    assert abs(2 * window["x"] + window["width"] - 2 * mark["x"] - mark["width"]) < 1
    assert max(window["width"] - mark["width"], window["height"] - mark["height"]) > 4  # or the mark would hide it
    dose = picture.locator("g", has=page.locator("title", has_text="Dose: day 0, no window given"))
    expect(dose.locator(".p-schedule__window")).to_have_count(0)


def test_it_says_whose_it_is(page):
    warning = "This schedule comes from another study, H2Q-MC-LZZT, not from D3460C00002."
    expect(page.get_by_text(warning)).to_be_visible()


def test_the_study_manager_approves_it_with_a_reason_and_nobody_else_is_offered_to(page, visit):
    expect(visit("idris").goes(SCHEDULE).get_by_role("link", name="Approve")).to_have_count(0)
    page.get_by_role("link", name="Approve").click()
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page).to_have_url(re.compile("/move/approve/"))  # the browser asks for the reason
    page.get_by_label("Reason").fill("Read against the protocol, section 1.3")
    page.get_by_label("Meaning of your signature").select_option("Approval")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(".c-page-header").get_by_text("Approved")).to_be_visible()
    page.goto("/in/north/s/D3460C00002/audit/?q=Mara")
    act = page.locator("li", has=page.locator("time")).first
    expect(act).to_contain_text("Read against the protocol, section 1.3")
    expect(act).to_contain_text(re.compile(r"was\s+Draft\s+now\s+Approved"))
