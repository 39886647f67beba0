"""A newcomer trains and is in; a manager signs what she sees, and everybody sees when it no longer holds."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.visitor import Visitor
from tests.seed import PASSWORD

STUDY = "/in/north/s/D3460C00002/"


def test_the_newcomer_reads_acknowledges_and_is_in(visit):
    visitor = visit("tom")
    page = visitor.goes(f"{STUDY}sites/")
    expect(page.get_by_role("heading", name="Your training comes first")).to_be_visible()
    assert visitor.violations() == []
    page.get_by_role("link", name="Your training").first.click()
    page.get_by_role("link", name="Assisting a study in the CTMS").click()
    for tick in page.get_by_role("checkbox").all():
        tick.check()
    page.get_by_label("Password").fill("not mine")
    page.get_by_role("button", name="Acknowledge and complete").click()
    expect(page.get_by_text("Password or code is not correct.").first).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Acknowledge and complete").click()
    expect(page.get_by_text("Complete since")).to_be_visible()
    page.goto(f"{STUDY}sites/")
    expect(page.get_by_role("heading", name="Sites")).to_be_visible()
    expect(page.get_by_role("link", name="GB-001")).to_be_visible()


def signs(visitor: Visitor, password: str) -> Page:
    """Opens the selection of the one site that waits for it, reads, and signs."""
    page = visitor.goes(f"{STUDY}site/US-010/move/select/")
    expect(page.get_by_role("heading", name="What you sign")).to_be_visible()
    expect(page.get_by_role("rowheader", name=re.compile("^Qualification visit")).first).to_be_visible()
    page.get_by_label("Reason").fill("Qualified and needed")
    page.get_by_label("Meaning of your signature").select_option("Review and approval")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign", exact=True).click()
    return page


def test_a_selection_is_signed_with_the_right_password_only(visit):
    plain = signs(visit("mara", java_script_enabled=False), "not mine")
    expect(plain.get_by_text("Password or code is not correct.").first).to_be_visible()
    expect(plain.get_by_label("Password")).to_have_value("")
    expect(plain.get_by_label("Reason")).to_have_value("Qualified and needed")
    page = signs(visit("mara"), PASSWORD)
    shown = page.locator(".c-signature")
    expect(shown).to_contain_text("Review and approval")
    expect(shown).to_contain_text("Mara Lindqvist")
    expect(shown).to_contain_text(re.compile(r"\d\d:\d\d UTC"))
    expect(shown).to_contain_text("Europe/Stockholm")


def withdrawn(page: Page, number: str) -> None:
    page.goto(f"{STUDY}site/{number}/evidence/")
    fact = page.get_by_role("listitem").filter(has_text="Qualification visit report approved").first
    fact.get_by_role("link", name="Withdraw…").click()
    page.get_by_label("Why it does not hold").fill("Report of another site")
    page.get_by_role("button", name="Withdraw").click()


def test_it_shows_when_what_was_signed_no_longer_stands(visit):
    page = visit("mara").goes(f"{STUDY}site/DE-006/status/")
    expect(page.locator(".c-signature").get_by_text("Signed", exact=True)).to_be_visible()
    withdrawn(page, "DE-006")
    page.goto(f"{STUDY}site/DE-006/status/")
    broken = page.locator(".c-signature--broken")
    expect(broken.get_by_text("Signature broken")).to_be_visible()
    expect(broken).to_contain_text("Qualification visit report approved")
    broken.get_by_role("link", name="What was signed").click()
    expect(page.get_by_role("heading", name="What was signed")).to_be_visible()
    expect(page.locator(".c-page-header").get_by_text("Signature broken")).to_be_visible()
