"""An administrator grants a role, and the person gets in; she ends it, and the person is out."""

import pytest
from playwright.sync_api import expect

STUDY = "/in/north/s/D3460C00002/"


@pytest.mark.heavy
@pytest.mark.shows("03-7")
def test_a_role_opens_and_its_end_shuts(visit):
    fumi, ada = visit("fumi"), visit("ada")
    expect(fumi.goes(f"{STUDY}site/US-001/evidence/").get_by_role("button", name="Record")).to_have_count(0)

    page = ada.goes("/in/north/access/")
    page.get_by_role("link", name="Grant a role…").click()
    page.get_by_role("link", name="D3460C00002").click()
    page.get_by_label("Person").select_option(label="Fumi Tanaka")
    page.get_by_label("Role").select_option(label="Start-up specialist")
    page.get_by_label("Where").select_option(label="D3460C00002 · United States")
    today = page.get_by_label("From").input_value()
    page.get_by_label("From").fill("2024-03-10")
    page.get_by_label("Reason").fill("Stands in for the assistant, as the study manager asked")
    page.get_by_role("button", name="Grant").click()
    expect(page.get_by_text("holds the role Start-up specialist")).to_be_visible()
    expect(fumi.goes(f"{STUDY}site/US-001/evidence/").get_by_role("button", name="Record")).to_be_visible()

    page.goto("/in/north/access/?q=Fumi&role=STARTUP_SPECIALIST")
    page.get_by_role("link", name="Fumi Tanaka").click()
    page.get_by_label("Last day").fill("2024-03-01")
    page.get_by_label("Reason").fill("The assistant is back")
    page.get_by_role("button", name="End the role").click()
    expect(page.get_by_text("cannot be before the first").first).to_be_visible()
    page.get_by_label("Last day").fill("2024-03-10")
    page.get_by_role("button", name="End the role").click()
    expect(page.get_by_text("The role ends as you said.")).to_be_visible()
    expect(fumi.goes(f"{STUDY}site/US-001/evidence/").get_by_role("button", name="Record")).to_have_count(0)

    page.goto(f"/in/north/access/?on={today}&q=Fumi")  # on that day she had it, for a while
    expect(page.get_by_role("cell", name="Start-up specialist")).to_be_visible()
