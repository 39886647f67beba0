"""Hands on the keyboard: the palette, the way past the navigation, light and dark."""

import re

import pytest
from playwright.sync_api import Page, expect

SITES = "/in/north/s/D3460C00002/sites/"


@pytest.fixture
def page(visit) -> Page:
    return visit("petra", color_scheme="light").goes(SITES)


def test_the_palette_goes_to_a_site(page):
    page.keyboard.press("Control+k")
    page.keyboard.type("US-00")
    palette = page.get_by_role("dialog", name="Search or jump to")
    expect(palette.get_by_role("link", name=re.compile("US-002"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/site/US-002/"))

    page.keyboard.press("Control+k")
    page.keyboard.type("US-003")
    expect(palette.get_by_role("link", name=re.compile("US-002"))).to_have_count(0)
    expect(palette.get_by_role("link").first).to_contain_text("US-003")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/site/US-003/"))


def test_escape_closes_the_palette_and_the_focus_is_where_it_was(page):
    heading = page.get_by_role("link", name="Since")
    heading.focus()
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Search or jump to")
    expect(palette.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()
    expect(heading).to_be_focused()


def test_the_first_stop_skips_the_navigation(page):
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("main").locator("a, button, input").first).to_be_focused()


def test_dark_stays_dark_on_the_next_page(page):
    def ground() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light = ground()
    page.get_by_role("button", name="Switch colour theme").press("Enter")
    dark = ground()
    assert dark != light
    page.get_by_role("link", name="DE-001").press("Enter")
    expect(page.get_by_role("heading", name="DE-001")).to_be_visible()
    assert ground() == dark
