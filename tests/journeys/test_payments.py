"""Money in a browser: a contract drafted and signed; a run confirmed, approved, released, and its remittance read."""

from datetime import date

import pytest
from playwright.sync_api import expect

from tests.journeys.visitor import Visitor, signs

pytestmark = pytest.mark.shows("04-1")
STUDY = "/in/north/s/D3460C00002/"


def confirms(fumi: Visitor, told: str, day: date) -> None:
    """Imports at a run's page what the ERP answers to the file it was given: all of it was paid that day."""
    page = fumi.page
    rows = [line.split(",") for line in told.splitlines()[1:]]
    answer = "reference,amount,currency,paid_on,document\n" + "\n".join(
        f"{row[0]},{row[5]},{row[4]},{day},E{place}" for place, row in enumerate(rows)
    )
    page.get_by_role("link", name="Import confirmations").click()
    looks(fumi, "confirmations")
    file = {"name": "erp.csv", "mimeType": "text/csv", "buffer": answer.encode()}
    page.get_by_label("File of the ERP").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Import").click()


def looks(visitor: Visitor, name: str) -> None:
    """The page as it is, for whoever wants to see it; nobody is kept out, and it is not too wide."""
    assert visitor.violations() == []
    assert visitor.overflow() <= 0


@pytest.mark.heavy
def test_an_agreement_is_drafted_by_one_and_signed_by_another(visit):
    fumi = visit("fumi")
    page = fumi.goes(f"{STUDY}agreements/")
    page.get_by_role("link", name="New agreement").click()
    page.get_by_label("Site", exact=True).select_option(label="AT-001")
    page.get_by_label("Agreement", exact=True).fill("CTA-AT-001")
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_label("Holds from").fill("2024-01-01")
    page.get_by_label("Contract filed at").fill("eTMF 05.01.04")
    page.get_by_label("Overhead, %").fill("25")
    page.get_by_role("button", name="Make the draft").click()
    expect(page.get_by_role("heading", name="CTA-AT-001, version 1")).to_be_visible()
    page.get_by_role("link", name="Add a fee").click()
    looks(fumi, "fee-form")
    page.get_by_label("Code", exact=True).fill("VISIT-1")
    page.get_by_label("Fee", exact=True).fill("Visit 1")
    page.get_by_label("Due when").select_option(label="Visit done")
    page.get_by_label("Amount").fill("1000.00")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Add a payee").click()
    page.get_by_label("Payee", exact=True).select_option(index=1)
    page.get_by_label("Share, %").fill("90")
    page.get_by_label("Primary payee").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="Visit 1 Code VISIT-1")).to_contain_text("EUR 1,000.00")
    looks(fumi, "version-draft")
    noor = visit("noor")
    address = page.url.partition("/in/")[2]
    page = noor.goes(f"/in/{address}")
    expect(page.get_by_text("90.00 % together, not 100 %")).to_be_visible()
    fumi.page.get_by_role("rowheader").get_by_role("link").nth(1).click()
    fumi.page.get_by_label("Share, %").fill("100")
    fumi.page.get_by_role("button", name="Save").click()
    page = noor.goes(f"/in/{address}")
    page.get_by_role("link", name="Approve…").click()
    expect(page.get_by_role("heading", name="What you sign")).to_be_visible()
    page.get_by_label("Reason").fill("As signed by both parties")
    signs(page, "Approval")
    expect(page.locator(".c-signature")).to_contain_text("Noor Rahman")
    looks(noor, "version-approved")


def test_a_run_goes_from_activity_to_remittance(visit):
    fumi, noor = visit("fumi"), visit("noor")
    page = noor.goes("/in/north/work/")
    page.get_by_role("link", name="PR-002 of D3460C00002").click()
    looks(noor, "run-to-approve")
    page.get_by_role("link", name="Approve…").click()
    expect(page.get_by_text("nothing in this run has changed")).to_be_visible()
    looks(noor, "run-approve")
    signs(page, "Approval")
    expect(page.locator(".c-signature", has_text="Noor Rahman")).to_be_visible()
    page.get_by_role("link", name="Release to the ERP…").click()
    page.get_by_role("button", name="Release to the ERP").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="File for the ERP").click()
    page = fumi.goes(f"{STUDY}payment-runs/2/")
    confirms(fumi, download.value.path().read_text("utf-8-sig"), date(2024, 3, 11))
    expect(page.locator(".c-status", has_text="Paid").first).to_be_visible()
    looks(fumi, "run-paid")
    page.locator("tbody").get_by_role("link").first.click()
    looks(fumi, "remittance")
    page.get_by_role("rowheader").get_by_role("link").first.click()
    expect(page.get_by_text("Priced from the contract")).to_be_visible()
    looks(fumi, "story")


@pytest.mark.heavy
def test_every_page_of_money_reads_on_a_phone(visit):
    mara = visit("mara", size=(390, 844))
    for address in ("agreements/", "payables/", "payment-runs/", "payment-runs/1/"):
        mara.goes(f"{STUDY}{address}")
        looks(mara, "phone-" + address.strip("/").replace("/", "-"))
    page = mara.goes(f"{STUDY}payables/")
    page.get_by_role("link").filter(has_text="1").first.wait_for()
    page = mara.goes(f"{STUDY}agreements/")
    page.locator("tbody a").first.click()
    looks(mara, "phone-agreement")
    page.get_by_role("link", name="Version 1").click()
    looks(mara, "phone-version")
