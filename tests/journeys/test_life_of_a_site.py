"""A study manager finds a site, moves it along, is refused, brings the evidence, and puts a wrong status right."""

import re

import pytest
from playwright.sync_api import Page, expect

STUDY = "/in/north/s/D3460C00002/"


@pytest.fixture
def page(visit) -> Page:
    """Mara's browser at the list of sites."""
    return visit("mara").goes(f"{STUDY}sites/")


def entries(page: Page):
    """The changes of status as the Status tab lists them, newest first."""
    return page.locator("section", has=page.get_by_role("heading", name="History of status")).get_by_role("listitem")


def move(page: Page, label: str, *, day: str, note: str = "") -> None:
    page.get_by_role("link", name=f"{label}…").click()
    page.get_by_label("Day it happened").fill(day)
    page.get_by_label("Note").fill(note)
    page.get_by_role("button", name=label).click()


def test_a_site_is_found_and_moved_and_the_trail_says_so(page):
    page.get_by_role("searchbox", name="Search", exact=True).fill("Graz")
    expect(page).to_have_url(re.compile(r"/sites/\?.*q=Graz"))
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Reset").click()
    page.get_by_role("combobox", name="Country").select_option("Austria")
    expect(page).to_have_url(re.compile("country=AT"))
    expect(page.locator("tbody tr")).to_have_count(3)
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(3)

    page.get_by_role("link", name="AT-001").click()
    move(page, "Log first contact", day="2024-03-05", note="Called the coordinator")
    expect(page.get_by_text("AT-001: now “Contacted”.")).to_be_visible()
    expect(page).to_have_url(re.compile("/site/AT-001/status/"))
    newest = entries(page).first
    expect(newest).to_contain_text("Identified → Contacted, on 5 Mar 2024")
    expect(newest).to_contain_text("Called the coordinator")
    expect(newest).to_contain_text("Mara Lindqvist")

    page.goto(f"{STUDY}audit/?q=Mara")
    act = page.locator("li", has=page.locator("time")).first
    expect(act).to_contain_text("Called the coordinator")
    changed = act.get_by_role("heading", name="Changed site AT-001").locator("xpath=..").locator("dl > div")
    assert [" ".join(words.split()) for words in changed.all_inner_texts()] == [
        "In this status since was 3 Jul 2023 now 5 Mar 2024",
        "Status was Identified now Contacted",
    ]


def test_a_refused_move_leads_to_where_its_evidence_is_recorded(page):
    page.goto(f"{STUDY}site/AT-002/status/")
    move(page, "Log first contact", day="2024-02-01")
    move(page, "Send CDA", day="2024-02-02")
    expect(page.get_by_role("button", name="Record executed CDA…")).to_be_disabled()
    sentence = "There is no evidence yet for “Confidentiality agreement fully executed”."
    expect(page.get_by_text(sentence)).to_be_visible()

    page.get_by_role("link", name="Record it…").click()
    expect(page.get_by_role("combobox", name="Fact")).to_have_value("CDA_EXE")
    page.get_by_label("Day of the fact").fill("2024-02-20")
    page.get_by_label("Where the proof is").fill("eTMF 05.02.07")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_text("20 Feb 2024, proof at eTMF 05.02.07")).to_be_visible()

    page.get_by_role("link", name="Status", exact=True).click()
    count = entries(page).count()
    move(page, "Record executed CDA", day="2024-02-19")
    expect(page.get_by_role("alert")).to_contain_text("is of 20 Feb 2024, later than the day given for this move")
    page.get_by_label("Day it happened").fill("2024-02-21")
    page.get_by_role("button", name="Record executed CDA").click()
    expect(entries(page).first).to_contain_text("CDA pending → CDA executed, on 21 Feb 2024")
    expect(entries(page)).to_have_count(count + 1)


def test_a_wrong_status_is_corrected_by_an_event_of_its_own(page):
    page.goto(f"{STUDY}site/AT-003/status/")
    move(page, "Log first contact", day="2024-02-01")
    page.get_by_role("link", name="Correct the latest change…").click()
    page.get_by_label("Right status").select_option("Identified")
    page.get_by_label("Reason for the correction").fill("It was AT-002 that was called")
    page.get_by_role("button", name="Correct").click()
    correction, wrong = entries(page).nth(0), entries(page).nth(1)
    expect(correction).to_contain_text("Correction")
    expect(correction).to_contain_text("Contacted → Identified, on 1 Feb 2024")
    expect(correction).to_contain_text("It was AT-002 that was called")
    expect(wrong).to_contain_text("Contacted (corrected since)")
    expect(wrong).to_contain_text("Identified → Contacted, on 1 Feb 2024")
