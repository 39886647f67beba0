"""A system is connected in a browser: address, credentials, mapping signed, live; and the pages that tell of it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.visitor import DESKTOP, PHONE
from tests.seed import PASSWORD

pytestmark = pytest.mark.shows("04-2")
STUDY = "/in/north/s/D3460C00002/"


def test_a_system_is_connected_and_goes_live_once_its_mapping_is_signed(visit):
    visitor = visit("mara")
    page = visitor.goes(f"{STUDY}sources/")
    page.get_by_role("link", name="Connect a system").click()
    page.get_by_label("Name").fill("EDC of the vendor")
    page.get_by_label("Address").fill("http://edc.example/RaveWebServices/")
    page.get_by_label("Study there").fill("D3460C00002(Prod)")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Use https: credentials would be sent in the clear.").first).to_be_visible()
    page.get_by_label("Address").fill("https://edc.example/RaveWebServices/")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="EDC of the vendor")).to_be_visible()
    expect(page.get_by_role("button", name="Go live")).to_be_disabled()
    page.get_by_role("link", name="Credentials…").click()
    page.get_by_label("User").fill("ctms")
    page.get_by_label("Password").fill("never shown again")
    page.get_by_role("button", name=re.compile("^Save|^Set")).click()
    expect(page.get_by_text("Who drafted or edited a mapping does not approve it.")).to_be_visible()
    signed_by_another(visit("petra").goes(page.url))
    page.reload()
    page.get_by_role("link", name="Go live").click()
    page.get_by_label("Reason").fill("Tested with the vendor")
    page.get_by_role("button", name="Go live").click()
    expect(page.locator(".c-page-header").get_by_text("Live", exact=True)).to_be_visible()
    assert "never shown again" not in page.content()
    here = page.url
    for address in (here, f"{STUDY}sources/", f"{STUDY}systems-of-record/", f"{STUDY}enrollment/", f"{STUDY}subjects/"):
        page.goto(address)
        assert visitor.violations() == []
        for width, height in (PHONE, DESKTOP):
            page.set_viewport_size({"width": width, "height": height})
            assert visitor.overflow() <= 0, (address, width)
    expect(visit("idris").goes(here).get_by_role("link", name="Credentials…")).to_have_count(0)


def signed_by_another(page: Page) -> None:
    page.get_by_role("link", name="Approve…").click()
    page.get_by_label("Reason").fill("Read against the transfer specification")
    page.get_by_label("Meaning of your signature").select_option("Approval")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("Approved").first).to_be_visible()
