"""The thread through all five rooms: from a site's last open item to the money in its account, in browsers.

What other people, other systems and time do in between is done behind the pages, through the services: the site's
earlier items, its contract and bank details; the simulators are read once; the clock's hands are put six weeks on.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

import psycopg
import pytest
from django.db import connections, transaction
from playwright.sync_api import expect
from pypdf import PdfReader

from ctms.accounts.models import Sponsor
from ctms.core.acting import in_sponsor, on_simulated_day
from ctms.demo.calendar import morning, noon
from ctms.demo.history import SiteStory, approve_schedule
from ctms.demo.pen import Pen
from ctms.demo.startup import at_siv_gate
from ctms.demo.steps import play
from ctms.desk.models import Job
from ctms.desk.services.jobs import run_job
from ctms.integrations.models import Format
from ctms.run import embedded, logins
from finance.models import FactKind, PaymentRun, VatCode
from finance.services import banking, runs
from sites.models import EvidenceCode, PersonnelRole, Site, StartUpItem
from sites.services.startup import Settlement, settle_items
from tests import database
from tests.calendar import TODAY
from tests.conftest import act, person
from tests.finance import world
from tests.journeys.test_payments import confirms
from tests.journeys.visitor import Visitor, signs
from tests.outside import Outside
from tests.seed import PASSWORD

pytestmark = [pytest.mark.heavy, pytest.mark.shows("04-1")]
STUDY = "/in/north/s/D3460C00002/"
NUMBER = "DE-008"
SITE = f"{STUDY}site/{NUMBER}/"
BEFORE = date(2024, 3, 8)  # the last working day before the tests' today
AFTER = date(2024, 4, 22)  # six weeks on
LAST = {  # what is left open, and who settles it
    "T-SUP": "Laboratory kits and supplies on site", "T-GL": "Regulatory green light",
    "T-IPR": "Product release authorised", "T-ACT": "Activation letter sent",
}  # fmt: skip
CLINIC = f"Research office {NUMBER}"


class Backstage:
    """The journey's own database, past its pages: the clock's hands, and services on a day."""

    name = f"{database.NAME}_{__name__.rpartition('.')[2]}"

    def turn(self, day: date) -> None:
        """Puts the hands of its clock to the morning of a day."""
        with psycopg.connect(embedded.dsn(logins.OWNER, self.name)) as connection:
            connection.execute("update ctms_database set clock_offset = %s - clock_timestamp()", [morning(day)])

    @contextmanager
    def on(self, day: date) -> Iterator[datetime]:
        at = noon(day)
        with transaction.atomic(), in_sponsor(Sponsor.objects.get(code="north").pk), on_simulated_day(at):
            yield at


@pytest.fixture
def backstage(house: str, django_db_blocker) -> Iterator[Backstage]:
    default = connections["default"]
    before = default.settings_dict["NAME"]
    with django_db_blocker.unblock():
        default.close()
        default.settings_dict["NAME"] = Backstage.name
        try:
            yield Backstage()
        finally:
            default.close()
            default.settings_dict["NAME"] = before


def prepare() -> None:
    """The site is initiated, all but the last of its items settled; contract and bank details are in order."""
    site = Site.objects.select_related("country__scope", "facility", "scope", "study__scope").get(number=NUMBER)
    people = {name: person(name) for name in ("idris", "petra", "mara")}
    story = SiteStory(site, Random(NUMBER))
    story.day = BEFORE
    at_siv_gate(story)
    story.move("pass_siv_gate")
    story.fact(EvidenceCode.SIV)
    story.engage(PersonnelRole.COORDINATOR)
    story.move("initiate")
    play(story.steps, people, Pen(PASSWORD), until=TODAY)
    at, idris = noon(BEFORE), person("idris")
    items = StartUpItem.objects.filter(site=site, actual_on=None).exclude(code__in=list(LAST))
    far = BEFORE + timedelta(days=1000)
    with act(idris):
        said = {one.pk: Settlement(BEFORE, f"eTMF {one.code}", far if one.code == "P-LIC" else None) for one in items}
        settle_items(items=said, by=idris, at=at)
    _contract(site, at)
    approve_schedule(person("petra"), Pen(PASSWORD))
    _last_run(at)


def _last_run(at: datetime) -> None:
    """It is approved and released: a study has one run at a time that is not."""
    noor = person("noor")
    for move in ("approve", "release"):
        (run,) = PaymentRun.objects.filter(status__in=("CONFIRMED", "APPROVED"))
        proof = Pen(PASSWORD).proof(run, kind="approval", by=noor, at=at) if move == "approve" else None
        with act(noor):
            runs.move_run(run=run, move=move, by=noor, at=at, proof=proof)


def _contract(site: Site, at: datetime) -> None:
    clinic = world.payee(CLINIC)
    fees = [
        {"code": code, "label": label, "trigger": trigger, "item": item, "amount": Decimal(amount)}
        for code, label, trigger, item, amount in (
            ("START-UP", "Start-up fee", FactKind.SITE_ACTIVATED, "", 2500),
            ("VISIT", "Visit", FactKind.VISIT, "", 340),
            ("IMV", "Time for the monitor", FactKind.SITE_MILESTONE, "IMV", 120),
        )
    ]
    share = {"payee": clinic, "share": Decimal(100), "is_primary": True, "vat_percent": Decimal(19),
             "vat_code": VatCode.STANDARD}  # fmt: skip
    world.agreement(site, at, fees=fees, shares=[share], overhead_percent=Decimal(15), holdback_percent=Decimal(10))
    fumi, noor = person("fumi"), person("noor")
    with act(fumi):
        detail = banking.propose_bank_detail(
            study=site.study, payee=clinic, vendor_no="4000008", account_ending="0815", by=fumi, at=at
        )
    with act(noor):
        banking.move_bank_detail(detail=detail, move="verify", reason="Called back", by=noor, at=at)


def test_from_the_last_open_item_to_the_money_in_the_account(visit, backstage):
    backstage.turn(TODAY)
    with backstage.on(BEFORE):
        prepare()
    mara = visit("mara")
    opens(visit("idris"), mara)
    backstage.turn(AFTER)
    with backstage.on(AFTER):
        outside = Outside(size=1, is_planted=False)
        for format in (Format.RWS, Format.CTMS_IRT_1):
            assert {run.status for run in outside.read(outside.connect(format))} == {"DONE"}
    shows_the_first_subject(mara)
    petra = visit("petra")
    trip = is_monitored(visit("idris"), visit("lena"), petra)
    for address, words in (
        (
            f"{trip}report/",
            ("Interim monitoring visit 1", "Idris Bello", "Lena Hartmann", "Petra Novak", "Subjects consented"),
        ),
        (trip, ("Dr. F. Adler",)),
    ):
        text = paper(petra, backstage, address)
        for expected in (NUMBER, "Simulated data", *words):
            assert expected in text, expected
    is_paid(visit("fumi"), mara, visit("noor"))


def opens(idris: Visitor, mara: Visitor) -> None:
    """The last items are settled, the green light by a second person, and the site is activated."""
    page = mara.goes(SITE)
    expect(page.get_by_role("button", name="Activate site…")).to_be_disabled()
    expect(page.get_by_text(f"4 items keep the gate “activation” shut: {LAST['T-SUP']}")).to_be_visible()
    for visitor, code in ((idris, "T-SUP"), (mara, "T-GL"), (mara, "T-IPR"), (idris, "T-ACT")):
        page = visitor.goes(f"{SITE}start-up/")
        page.get_by_role("rowheader").get_by_role("link", name=LAST[code]).click()
        page.get_by_role("link", name="Settle…").click()
        page.get_by_label("Day it was settled").fill(f"{TODAY}")
        page.get_by_label("Where the proof is").fill("eTMF 05.04.01")
        page.get_by_role("button", name="Settle").click()
        expect(page.locator(".c-page-header").get_by_text("Done", exact=True)).to_be_visible()
    page = mara.goes(f"{SITE}start-up/")
    expect(page.get_by_text("Nothing. Every item that a gate asks for is settled.")).to_be_visible()
    page = mara.goes(SITE)
    page.get_by_role("link", name="Activate site…").click()
    page.get_by_label("Day it happened").fill(f"{TODAY}")
    page.get_by_role("button", name="Activate site").click()
    expect(page.get_by_text(f"{NUMBER}: now “Activated”.")).to_be_visible()


def shows_the_first_subject(mara: Visitor) -> None:
    """The site's page counts one, each number with the system that says it; the subject's page has its days."""
    page = mara.goes(SITE)
    for label, system in (("Consented", "EDC"), ("Enrolled", "IRT"), ("First dose", "EDC")):
        figure = page.locator(".c-kpi", has=page.get_by_text(label, exact=True))
        expect(figure.get_by_role("link", name="1", exact=True)).to_be_visible()
        expect(figure.get_by_role("button", name=re.compile(f"^Source: {system}"))).to_be_visible()
    page = mara.goes(f"{SITE}enrollment/")
    page.get_by_role("link", name="Subjects", exact=True).click()
    page.get_by_role("link", name=f"{NUMBER}-001").click()
    milestones = page.locator("section", has=page.get_by_role("heading", name="Milestones"))
    expect(milestones).to_contain_text(re.compile(r"Consented\s*11 Mar 2024 EDC"))
    expect(milestones).to_contain_text(re.compile(r"Randomised\s*25 Mar 2024 IRT"))


def is_monitored(idris: Visitor, lena: Visitor, petra: Visitor) -> str:
    """An interim visit, planned, made and reported on; three persons sign. The visit's address."""
    page = idris.goes(f"{SITE}visits/")
    page.get_by_role("link", name="Plan a visit…").click()
    page.get_by_label("Kind of visit").select_option("Interim monitoring visit")
    page.get_by_label("Planned for").fill(f"{AFTER}")
    page.get_by_label("Monitor").select_option("Idris Bello")
    page.get_by_label("Why this visit").fill("The first subject is in")
    page.get_by_role("button", name="Plan").click()
    trip = page.url
    for move in ("Confirm visit", "Begin visit"):
        page.get_by_role("link", name=f"{move}…").click()
        page.get_by_role("button", name=move).click()
    page.get_by_role("link", name="Write the report").click()
    expect(page.get_by_label("About the site")).to_contain_text("Subjects consented")
    for box in page.locator("[data-question]").all():
        radios = box.get_by_role("radio")
        if radios.count():
            radios.first.check()
        box.locator('[name^="c-"]').fill("Seen.")
    expect(page.locator("#save-state")).to_contain_text(re.compile("All answers saved, .* UTC"))
    page.goto(f"{trip}move/end/")
    page.get_by_role("button", name="End visit").click()
    page.get_by_role("link", name="Write the report").click()
    page.get_by_role("link", name="Sign and submit…").click()
    signs(page, "Authorship")
    expect(page.get_by_text("now “Report submitted”")).to_be_visible()
    lena.goes(f"{trip}move/review/")
    signs(lena.page, "Review")
    expect(lena.page.get_by_text("now “Report reviewed”")).to_be_visible()
    page = petra.goes(f"{trip}move/approve/")
    signs(page, "Approval")
    expect(page.locator(".c-signature")).to_have_count(3)
    return trip


def paper(visitor: Visitor, backstage: Backstage, address: str) -> str:
    """The words of the paper that a page offers as a PDF: a letter of a visit, or its report."""
    page = visitor.goes(address)
    if not address.endswith("report/"):
        page.get_by_role("link", name="Follow-up letter").click()
    page.get_by_role("button", name="PDF").click()
    page.wait_for_url("**/jobs/**")
    with backstage.on(AFTER) as at:
        run_job(job_id=Job.objects.latest("pk").pk, now=lambda: at)
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(r"\.pdf")).click()
    words = words_of(download.value.path().read_bytes())
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", words), "days are written out on paper"
    return words


def words_of(body: bytes) -> str:
    assert body.startswith(b"%PDF")
    return " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(body)).pages).split())


def is_paid(fumi: Visitor, mara: Visitor, noor: Visitor) -> None:
    """What follows from all of that is calculated, confirmed, approved, released and paid; the payee reads for what."""
    page = fumi.goes(f"{STUDY}payment-runs/new/")
    page.get_by_role("button", name="Calculate").click()
    expect(page.get_by_text("calculated.")).to_be_visible()
    run = page.url
    page = mara.goes(run)
    page.get_by_role("link", name="Confirm activity…").click()
    signs(page, "Review")
    expect(page.locator(".c-signature", has_text="Mara Lindqvist")).to_be_visible()
    page = noor.goes(run)
    page.get_by_role("link", name="Approve…").click()
    expect(page.get_by_text("nothing in this run has changed")).to_be_visible()
    signs(page, "Approval")
    expect(page.locator(".c-signature", has_text="Noor Rahman")).to_be_visible()
    page.get_by_role("link", name="Release to the ERP…").click()
    page.get_by_role("button", name="Release to the ERP").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="File for the ERP").click()
    fumi.goes(run)
    confirms(fumi, download.value.path().read_text("utf-8-sig"), AFTER)
    expect(page := fumi.page).to_have_url(run)
    expect(page.locator(".c-page-header").get_by_text("Paid", exact=True)).to_be_visible()
    page.locator("tbody").get_by_role("link", name=CLINIC).click()
    expect(page.get_by_role("row", name="Start-up fee")).to_contain_text("3,079.13")
    expect(page.get_by_role("row", name=re.compile(f"^Visit: .*{NUMBER}-001"))).to_have_count(4)
    expect(page.get_by_role("row", name="Time for the monitor")).to_contain_text("147.80")
    words = words_of(page.request.get(page.get_by_role("link", name="PDF").get_attribute("href") or "").body())
    for expected in ("Simulated data", CLINIC, "EUR 4,901.97", "3,079.13", "147.80", "Noor Rahman", "Page 1 of 1"):
        assert expected in words, expected
    page.get_by_role("link", name=re.compile("^Visit: ")).first.click()
    expect(page.get_by_text("Priced from the contract")).to_be_visible()
    expect(page.get_by_text(f"{NUMBER}-001").first).to_be_visible()
