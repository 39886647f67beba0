"""Without JavaScript everything that matters still works: the browser's own forms, links and popovers do it."""

import re

from playwright.sync_api import expect


def test_filter_move_and_sign_out(visit):
    page = visit("petra", java_script_enabled=False).goes("/in/north/s/D3460C00002/sites/")
    page.get_by_role("combobox", name="Country").select_option("Belgium")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("country=BE"))
    expect(page.locator("tbody tr")).to_have_count(3)

    page.get_by_role("link", name="BE-001").click()
    page.get_by_role("link", name="Log first contact…").click()
    page.get_by_role("button", name="Log first contact").click()
    expect(page.get_by_text("BE-001: now “Contacted”.")).to_be_visible()

    page.get_by_role("button", name="Petra Novak").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/in/north/s/D3460C00002/sites/")
    expect(page).to_have_url(re.compile("/sign-in/"))
