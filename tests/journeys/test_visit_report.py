"""A monitor writes a visit report on trains and planes: nothing typed is lost, and three persons sign it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.visitor import PHONE, signs
from tests.seed import PASSWORD

STUDY = "/in/north/s/D3460C00002/"
pytestmark = pytest.mark.shows("04-6")
STATE = "#save-state"


def begun(page: Page) -> str:
    """Plans, confirms and begins a visit at the first German site; the address of its report."""
    page.goto(f"{STUDY}sites/?country=DE&stage=active")
    page.get_by_role("link", name=re.compile(r"^DE-\d+$")).first.click()
    page.get_by_role("navigation", name=re.compile("^Site DE-")).get_by_role("link", name="Visits").click()
    page.get_by_role("link", name="Plan a visit…").click()
    page.get_by_label("Kind of visit").select_option("Interim monitoring visit")
    page.get_by_label("Planned for").fill(f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}")
    page.get_by_label("Monitor").select_option("Idris Bello")
    page.get_by_label("Why this visit").fill("As agreed with the site")
    page.get_by_role("button", name="Plan").click()
    for move in ("Confirm visit", "Begin visit"):
        page.get_by_role("link", name=f"{move}…").click()
        page.get_by_role("button", name=move).click()
    page.get_by_role("link", name="Write the report").click()
    return page.url


def answered(page: Page, code: str, answer: str, words: str) -> None:
    question = page.locator(f'[data-question="{code}"]')
    question.get_by_role("radio", name=answer, exact=True).check()
    question.get_by_label(f"Comment on {code}", exact=True).fill(words)


def comment(page: Page, code: str):
    return page.get_by_label(f"Comment on {code}", exact=True)


@pytest.mark.heavy
def test_nothing_typed_is_lost(visit):
    idris = visit("idris")
    page = idris.page
    address = begun(page)
    expect(page.locator(STATE)).to_contain_text("All answers saved")
    assert idris.violations() == []

    # Online: saved as it is typed, without a button.
    answered(page, "4.2", "Yes", "Two coordinators.")
    expect(page.locator(STATE)).to_contain_text(re.compile("All answers saved, .* UTC"))

    # Offline in two tabs, and then both are killed: the next one takes up what the last one kept, offers the other
    # beside it, and loses neither when it is killed as well.
    other = idris.context.new_page()
    other.goto(address)
    idris.context.set_offline(True)
    for tab, words in ((page, "The centrifuge waits for its service."), (other, "It is booked for service.")):
        answered(tab, "4.3", "No", words)
        expect(tab.locator(STATE)).to_contain_text("No connection. 1 answer kept on this device")
    idris.complaints.clear()  # a browser tells of each request that did not get through
    page.close()
    other.close()
    idris.context.set_offline(False)
    for _ in range(2):
        page.close()
        page = idris.context.new_page()
        page.goto(address)
        first = page.locator('[data-question="4.3"] .c-question__theirs')
        expect(comment(page, "4.3")).to_have_value("It is booked for service.")
        expect(first).to_contain_text("The centrifuge waits for its service.")
    first.get_by_role("button", name="Take theirs").click()
    expect(page.locator(STATE)).to_contain_text(re.compile("All answers saved, .* UTC"))

    # The session ends: the answer stays here, and is saved once the person has signed in again.
    cookies = idris.context.cookies()
    idris.context.clear_cookies()
    answered(page, "5.2", "Yes", "All three.")
    expect(page.locator(STATE)).to_contain_text("You are signed out. 1 answer kept on this device")
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_label("User name").fill("idris")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(address)
    assert cookies
    expect(comment(page, "5.2")).to_have_value("All three.")
    expect(page.locator(STATE)).to_contain_text(re.compile("All answers saved, .* UTC"))
    page.reload()
    kept = (("4.2", "Two coordinators."), ("4.3", "The centrifuge waits for its service."), ("5.2", "All three."))
    for code, words in kept:
        expect(comment(page, code)).to_have_value(words)

    # A second tab: both answers are shown, and the person chooses.
    other = idris.context.new_page()
    other.goto(address)
    answered(other, "4.2", "No", "One of them left.")
    expect(other.locator(STATE)).to_contain_text(re.compile("All answers saved, .* UTC"))
    answered(page, "4.2", "Yes", "Both are there.")
    expect(page.locator(STATE)).to_contain_text("Somebody else changed 1 answer")
    theirs = page.locator('[data-question="4.2"] .c-question__theirs')
    expect(theirs).to_contain_text("One of them left.")
    expect(comment(page, "4.2")).to_have_value("Both are there.")
    theirs.get_by_role("button", name="Keep yours").click()
    expect(page.locator(STATE)).to_contain_text(re.compile("All answers saved, .* UTC"))
    page.reload()
    expect(comment(page, "4.2")).to_have_value("Both are there.")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('ctms-report')).length") == 0


@pytest.mark.heavy
def test_without_javascript_it_is_a_form(visit):
    plain = visit("idris", java_script_enabled=False)
    address = begun(plain.page)
    answered(plain.page, "4.2", "Yes", "Typed without a script.")
    lena = visit("lena")
    lena.goes(address)
    answered(lena.page, "4.2", "No", "Hers.")
    expect(lena.page.locator(STATE)).to_contain_text(re.compile("All answers saved, .* UTC"))
    plain.page.get_by_role("button", name="Save", exact=True).click()
    expect(plain.page.get_by_text("Somebody else changed answers meanwhile.")).to_be_visible()
    expect(plain.page.locator("#q-4-2")).to_contain_text("Hers.")
    expect(comment(plain.page, "4.2")).to_have_value("Typed without a script.")
    plain.page.get_by_role("button", name="Save", exact=True).click()
    expect(plain.page.get_by_text("Saved.", exact=True)).to_be_visible()
    lena.page.reload()
    expect(comment(lena.page, "4.2")).to_have_value("Typed without a script.")


@pytest.mark.heavy
def test_three_persons_sign(visit):
    idris = visit("idris")
    address = begun(idris.page)
    trip = address.removesuffix("report/")
    page = idris.page
    for box in page.locator("[data-question]").all():
        radios = box.get_by_role("radio")
        if radios.count():
            radios.first.check()
        box.locator('[name^="c-"]').fill("Seen.")
    expect(page.locator(STATE)).to_contain_text(re.compile("All answers saved, .* UTC"))
    for item in page.locator("aside .c-attention a").all():  # earlier items: what became of each is said at this visit
        text = item.inner_text()
        item.click()
        page.get_by_role("link", name="Note progress…").click()
        page.get_by_label("How far it is").fill("Half of it is done.")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_label("About the site")).to_contain_text(
            re.compile(f"{re.escape(text)}.*outcome noted", re.DOTALL)
        )
    page.goto(f"{trip}move/end/")
    page.get_by_role("button", name="End visit").click()
    page.get_by_role("link", name="Write the report").click()
    page.get_by_role("link", name="Sign and submit…").click()
    signs(page, "Authorship")
    expect(page.get_by_text("now “Report submitted”")).to_be_visible()
    reviewer = visit("lena", size=PHONE)
    reviewer.goes(address)
    expect(reviewer.page.get_by_text("Read only: report submitted")).to_be_visible()
    assert reviewer.overflow() == 0
    reviewer.page.get_by_role("link", name="Finish review…").click()
    signs(reviewer.page, "Review")
    petra = visit("petra")
    petra.goes(f"{trip}move/approve/")
    signs(petra.page, "Approval")
    expect(petra.page.locator(".c-signature")).to_have_count(3)
    expect(petra.page.get_by_role("link", name="Follow-up letter")).to_be_visible()
    assert petra.violations() == []
