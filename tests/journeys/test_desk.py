"""A desk in a browser: a view is kept and shared, a list prepared with its progress, a calendar link made."""

import io
import os
import re
import subprocess
from collections.abc import Iterator

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from ctms.run import places
from ctms.run.processes import PROCESSES
from tests import database
from tests.journeys.visitor import PHONE

SITES = "/in/north/s/D3460C00002/sites/"


@pytest.fixture(scope="module")
def worker(house: str) -> Iterator[None]:
    """A worker on the same database as the web process."""
    (process,) = [one for one in PROCESSES if one.name == "worker"]
    environment = {**process.environment(), "CTMS_DB_NAME": f"{database.NAME}_test_desk"}
    log = places.make_private(places.VAR / "log") / "test-worker.log"
    with log.open("ab") as output:
        options = {"cwd": places.ROOT, "stdout": output, "stderr": output, "start_new_session": True}
        running = subprocess.Popen(process.argv(bind=""), env=environment, **options)
    yield
    os.killpg(running.pid, 15)
    running.wait(30)


@pytest.mark.heavy
@pytest.mark.shows("03-4")
def test_a_view_is_kept_shared_and_opened_by_somebody_else(visit):
    mara, lena = visit("mara"), visit("lena")
    page = mara.goes(f"{SITES}?country=DE&sort=-since")
    page.get_by_role("link", name="Save this view…").click()
    page.get_by_label("Name").fill("Germany, latest first")
    page.get_by_label("Everybody here sees it, only I change it").check()
    page.get_by_role("button", name="Save this view").click()
    expect(page).to_have_url(re.compile(r"sites/\?country=DE&sort=-since$"))
    expect(page.get_by_role("navigation", name="Saved views").get_by_role("link").first).to_have_attribute(
        "aria-current", "true"
    )
    hers = lena.goes(SITES)
    hers.get_by_role("link", name="Germany, latest first").click()
    expect(hers.get_by_text("Country: Germany").first).to_be_visible()
    assert hers.locator("tbody tr").all_inner_texts() == page.locator("tbody tr").all_inner_texts()
    expect(lena.goes("/in/north/work/").get_by_text("shared by Mara Lindqvist")).to_be_visible()
    expect(lena.goes("/in/north/views/").get_by_role("link", name="Change…")).to_have_count(0)


def test_a_list_is_prepared_in_the_background_and_told_of(visit, worker):
    mara = visit("mara")
    page = mara.goes(f"{SITES}?country=US")
    page.get_by_role("link", name="Excel in the background…").click()
    page.get_by_role("button", name="Prepare it").click()
    expect(page.get_by_role("link", name=re.compile(r"sites-simulated\.xlsx"))).to_be_visible(timeout=60_000)
    with page.expect_download() as saved:
        page.get_by_role("link", name=re.compile(r"sites-simulated\.xlsx")).click()
    sheet = load_workbook(io.BytesIO(saved.value.path().read_bytes())).active
    rows = [row for row in sheet.iter_rows(min_row=2, values_only=True) if str(row[0]).startswith("US-")]
    assert len(rows) > 10
    assert {row[6] for row in rows} == {"United States"}
    bell = mara.goes("/in/north/work/").get_by_role("link", name="Notifications, 1 new")
    bell.click()
    mara.page.get_by_role("link", name=re.compile("as Excel: ready")).click()
    expect(mara.page).to_have_url(re.compile(r"/jobs/\d+/$"))
    expect(mara.page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()


@pytest.mark.heavy
@pytest.mark.shows("03-4")
def test_the_same_without_javascript(visit, worker):
    plain = visit("lena", java_script_enabled=False)
    page = plain.goes("/in/north/s/D3460C00002/site/DE-001/")
    page.get_by_role("button", name="Dossier").click()
    for _ in range(60):
        if page.get_by_role("link", name=re.compile(r"dossier-simulated\.pdf")).count():
            break
        page.wait_for_timeout(1000)
        page.get_by_role("link", name="Reload").click()
    answer = page.request.get(
        page.get_by_role("link", name=re.compile(r"dossier-simulated\.pdf")).get_attribute("href") or ""
    )
    assert answer.body().startswith(b"%PDF")


def test_a_calendar_link_is_shown_once_and_ends(visit, house):
    mara = visit("mara")
    page = mara.goes("/in/north/preferences/")
    page.get_by_role("button", name="Make a calendar link").click()
    address = page.locator("code").inner_text()
    assert "BEGIN:VEVENT" in page.request.get(address).text()
    expect(mara.goes("/in/north/preferences/").locator("code")).to_have_count(0)
    mara.page.get_by_role("button", name="Revoke the link").click()
    expect(mara.page.get_by_text("The link is revoked")).to_be_visible()
    assert visit().page.request.get(address).status == 404


def test_a_digest_comes_to_the_mailbox(visit, worker):
    idris = visit("idris", size=PHONE, has_touch=True, is_mobile=True)
    page = idris.goes("/in/north/preferences/")
    page.get_by_role("button", name="Send me one now").click()
    page.get_by_role("link", name=re.compile(r"things? waits?")).first.click()
    expect(page.get_by_text("this is what waits for you at Sponsor North")).to_be_visible()
    assert idris.overflow() <= 0
