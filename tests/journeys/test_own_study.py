"""A study that no registry knows is built by hand and from tables, by three people, from nothing to running sites."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.visitor import Visitor
from tests.seed import PASSWORD
from tests.sites.importers.test_tables import workbook

pytestmark = [pytest.mark.shows("03-3"), pytest.mark.heavy]
STUDY = "/in/north/s/OWN-1/"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def looked_at(visitor: Visitor) -> Page:
    """The page, which axe has nothing against and which fits."""
    assert visitor.violations() == []
    assert visitor.overflow() <= 0
    return visitor.page


def add(visitor: Visitor, address: str, button: str = "Add", **said: str) -> None:
    """Fills a form in by its labels, underscores for blanks; choices by their words."""
    page = visitor.goes(address)
    looked_at(visitor)
    for label, value in said.items():
        field = page.get_by_label(re.compile(rf"^\s*{label.replace('_', ' ')}\b")).first
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    press(page, button)
    expect(page.locator(".c-toast, .c-banner--ok").first).to_be_visible()


def upload(visitor: Visitor, kind: str, name: str, content: bytes) -> Page:
    """As far as the preview."""
    page = visitor.goes(f"{STUDY}import/")
    looked_at(visitor)
    page.get_by_label(kind, exact=True).check()
    page.get_by_label("File").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    press(page, "Read it")
    page.wait_for_url(re.compile(r"/import/\d+/"))
    return looked_at(visitor)


def test_a_study_is_built_by_hand(visit):
    petra, ada, mara = visit("petra"), visit("ada"), visit("mara")
    set_up(petra)
    schedule(petra)
    hand_over(ada)
    sites_by_hand(mara)
    sites_from_a_table(mara)
    running_sites(mara, petra)


def set_up(petra: Visitor) -> None:
    page = petra.goes("/in/north/")
    page.get_by_role("link", name="New study").click()
    add(
        petra,
        "/in/north/studies/new/",
        "Make the study",
        Protocol_number="OWN-1",
        Brief_title="A study of our own",
        Phase="Phase 2",
    )
    expect(page).to_have_url(re.compile(STUDY))
    add(petra, f"{STUDY}setup/countries/add/", Country="Austria")
    add(petra, f"{STUDY}setup/countries/add/", Country="Norway")
    add(petra, f"{STUDY}setup/arms/add/", Label="Drug", Kind="Experimental", Description="10 mg daily")
    add(petra, f"{STUDY}setup/arms/add/", Label="Placebo", Kind="Placebo comparator")
    add(petra, f"{STUDY}setup/protocols/add/", Version="1.0", Approved_by_the_sponsor_on="2023-11-02")
    page = petra.goes(f"{STUDY}setup/")
    page.get_by_role("link", name="Add a place…").click()
    page.get_by_label("Country or site", exact=True).select_option(label="Austria")
    page.get_by_label("Effective on").fill("2023-12-01")
    press(page, "Add")
    expect(page.get_by_text("from 1 Dec 2023")).to_be_visible()
    looked_at(petra)


def schedule(petra: Visitor) -> None:
    page = petra.goes(f"{STUDY}schedule/new/")
    page.get_by_label("Protocol version").select_option(label="1.0")
    press(page, "Make the draft")
    draft = page.url.partition("/schedule/")[2]
    for label in ("Screening", "Day 1"):
        add(petra, f"{STUDY}schedule/{draft}visits/add/", Label=label)
    add(petra, f"{STUDY}schedule/{draft}contacts/add/", Label="First dose", Visit="Day 1", Distance="0")
    add(petra, f"{STUDY}schedule/{draft}contacts/add/", Label="Screening", Visit="Screening", Distance="-14 d",
        Measured_from="First dose", Window_before="3 d", Window_after="0")  # fmt: skip
    looked_at(petra)
    page.get_by_role("link", name="Look at it").click()
    page.get_by_role("link", name="Approve").click()
    page.get_by_label("Reason").fill("Read against the protocol")
    page.get_by_label("Meaning of your signature").select_option("Approval")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign")
    expect(page.locator(".c-page-header").get_by_text("Approved")).to_be_visible()


def hand_over(ada: Visitor) -> None:
    page = ada.goes("/in/north/access/")
    page.get_by_role("link", name="Grant a role…").click()
    page.get_by_role("link", name="OWN-1").click()
    page.get_by_label("Person").select_option(label="Mara Lindqvist")
    page.get_by_label("Role").select_option(label="Study manager")
    page.get_by_label("Where").select_option(label="OWN-1")
    page.get_by_label("Reason").fill("She runs the study")
    press(page, "Grant")
    expect(page.get_by_text("holds the role Study manager")).to_be_visible()


def sites_by_hand(mara: Visitor) -> None:
    add(mara, "/in/north/facilities/add/", Name="LKH Graz", City="Graz", Country="Austria", Postal_code="8036")
    add(mara, "/in/north/people/add/", Name="Anna Gruber")
    add(mara, f"{STUDY}sites/add/", Country="Austria", Site_number="43-0001", City="Graz", Facility="LKH Graz",
        Postal_code="8036")  # fmt: skip
    page = mara.goes(f"{STUDY}site/43-0001/people/")
    page.get_by_label("Name of a new person").fill("Jan Moser")
    page.get_by_label("Role").select_option(label="Principal investigator")
    page.get_by_label("Reason").fill("Delegation log of 5 Jan 2024")
    press(page, "Add")
    expect(page.get_by_role("main").get_by_role("link", name="Jan Moser")).to_be_visible()
    looked_at(mara)


def sites_from_a_table(mara: Visitor) -> None:
    table = "Site number;Country;City;Facility\n43-0002;Austria;Wien;AKH\n47-0001;Norge;Oslo;=cmd\n"
    page = upload(mara, "Sites", "sites.csv", table.encode())
    expect(page.get_by_role("row", name=re.compile("D \\(Facility\\)"))).to_contain_text("This is a formula")
    expect(page.get_by_role("row", name=re.compile("B \\(Country\\)"))).to_contain_text("Norge")
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)
    press(page, "Discard")
    table = table.replace("Norge", "Norway").replace("=cmd", "Ullevål")
    page = upload(mara, "Sites", "sites.csv", table.encode("cp1252"))
    press(page, "Apply")
    expect(page.get_by_text("2 new, 0 changed, 0 unchanged sites")).to_be_visible()
    page = upload(mara, "Sites", "sites.csv", table.encode())
    expect(page.get_by_text("on record already")).to_be_visible()
    people = workbook(["Site number", "Name", "Role", "From"], ["47-0001", "Kari Berg", "PI", "8 Jan 2024"])
    press(upload(mara, "Site staff", "people.xlsx", people), "Apply")
    mara.goes(f"{STUDY}site/47-0001/people/")
    expect(page.get_by_role("main").get_by_role("link", name="Kari Berg")).to_be_visible()


def running_sites(mara: Visitor, petra: Visitor) -> None:
    table = "Site number,Status,Since,Proof\n43-0002,Selected,2023-05-02,eTMF 1\n43-0002,Activated,2023-09-04,eTMF 2\n"
    press(upload(mara, "Status history", "old-system.csv", table.encode()), "Apply")
    page = mara.page
    page.get_by_role("link", name="Add a status").click()
    page.get_by_label("Site", exact=True).select_option(label="43-0002")
    page.get_by_label("Kind", exact=True).select_option(label="Enrollment")
    page.get_by_label("Status", exact=True).select_option(label="Open")
    page.get_by_label("Since", exact=True).fill("2023-09-04")
    page.get_by_label("Where the proof is").fill("eTMF 3")
    looked_at(mara)
    press(page, "Add")
    expect(page.get_by_text("Who gathered a migration does not sign it off.")).to_be_attached()
    looked_at(mara)
    page = petra.goes(f"{STUDY}go-live/1/")
    page.get_by_role("link", name="Sign off…").click()
    expect(page.get_by_text("eTMF 3")).to_be_visible()
    page.get_by_label("Reason").fill("Compared with the export of the old system")
    page.get_by_label("Meaning of your signature").select_option("Approval")
    page.get_by_label("Password").fill(PASSWORD)
    looked_at(petra)
    press(page, "Sign")
    expect(page.locator(".c-page-header").get_by_text("Signed off")).to_be_visible()
    looked_at(petra)
    page = petra.goes(f"{STUDY}site/43-0002/status/")
    expect(page.get_by_text("Selected → Activated, on 4 Sep 2023")).to_be_visible()
