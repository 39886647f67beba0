"""An inspector reads everything and changes nothing, whatever she sends."""

import pytest
from playwright.sync_api import expect

STUDY = "/in/north/s/D3460C00002/"
SITE = f"{STUDY}site/FR-001/"
CONTACT = {"effective_on": "2024-03-01", "reason": "As an inspector would not"}


@pytest.fixture
def ines(visit):
    return visit("ines")


def test_pages_and_trail_are_open_and_offer_no_change(ines):
    for place in ("", "sites/", "schedule/", "sources/", "audit/", "site/FR-001/history/"):
        page = ines.goes(STUDY + place)
        expect(page.get_by_role("heading", level=1)).not_to_have_text("There is nothing here for you")
    expect(page.get_by_text("Created site FR-001")).to_be_visible()
    for place in ("status/", "evidence/", "people/"):
        page = ines.goes(SITE + place)
        expect(page.get_by_role("main").locator("form, button:not([popovertarget])")).to_have_count(0)
    page = ines.goes(f"{SITE}status/")
    expect(page.get_by_text("Your roles include no move from here.")).to_have_count(2)
    expect(ines.goes(f"{STUDY}schedule/").get_by_role("link", name="Approve")).to_have_count(0)


def test_a_move_that_she_sends_all_the_same_changes_nothing(ines, visit):
    def newest() -> str:
        return ines.goes(f"{SITE}history/").locator("li", has=ines.page.locator("time")).first.inner_text()

    before = newest()
    assert ines.posts(f"{SITE}move/contact/", **CONTACT).status == 404
    assert ines.posts(f"{SITE}evidence/", code="CDA_EXE", occurred_on="2024-03-01", reference="None").status == 403
    assert newest() == before

    petra = visit("petra")  # the same, sent by somebody who may: it was her role that stood against it
    assert petra.posts(f"{SITE}move/contact/", **CONTACT).status == 302
    assert "Petra Novak" in newest() != before
