"""Money on pages: from a contract to the money, by the addresses people use."""

import csv
import io
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.db.models import Sum
from pypdf import PdfReader

from ctms.core import money, signables
from finance.facts import of_sites
from finance.models import Agreement, AgreementVersion, LedgerEntry, Payable, PaymentRun, RunStatus
from finance.queries import remittance_lines, sums
from tests.api.client import Program
from tests.conftest import act, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-7")]
S = "/in/north/s/D3460C00002/"


@pytest.fixture
def paid(north) -> PaymentRun:
    """The demo's first run."""
    return PaymentRun.objects.get(number=1)


def test_a_remittance_says_the_same_on_page_pdf_and_csv_in_rest_and_in_the_ledger(paid):
    assert paid.status == RunStatus.PAID
    asked = paid.requests.order_by("reference").first()
    address = f"{S}payment-runs/1/payments/{asked.pk}/"
    noor = signed_in("noor")
    page, pdf, file = (noor.get(address + kind) for kind in ("", "pdf/", "csv/"))
    net = f"{asked.currency} {asked.net:,.2f}"
    assert net in page.content.decode()
    text = " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf.content)).pages).split())
    assert net in text
    assert "Noor Rahman" in text
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert sum(Decimal(row["net"]) for row in rows) == asked.net == sums(remittance_lines(asked))["net"]
    listed = Program("noor").get(f"/api/v1/studies/D3460C00002/payables/?limit=200&q={quote(asked.payee.name)}").json()
    nets = [Decimal(str(row["net"])) for row in listed["results"] if row["payment"] == asked.reference]
    assert (len(nets), sum(nets)) == (len(rows), asked.net)
    assert asked.confirmation.entries.get(account="CASH").amount == -asked.net
    entries = LedgerEntry.objects.filter(payable__payment_lines__request=asked)
    assert sum(entries.values_list("amount", flat=True)) == 0
    assert -sum(entries.filter(account="OWED").values_list("amount", flat=True)) == asked.net


def test_the_list_of_runs_and_each_runs_list_of_payees_come_to_what_is_paid(paid):
    noor = signed_in("noor")
    asked = paid.requests.filter(rolls_forward=False)
    paid_in = dict(asked.order_by("currency").values_list("currency").annotate(Sum("net")))
    listed = noor.get(f"{S}payment-runs/").content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert ", ".join(money.words(net, code) for code, net in paid_in.items()) in listed
    body = b"".join(noor.get(f"{S}payment-runs/1/?state=paid&format=csv").streaming_content).decode("utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(body)) if row["Reference"]]
    assert {row["Reference"] for row in rows} == set(asked.values_list("reference", flat=True))
    for row in rows:
        steps = (Decimal(row[label]) for label in ("Gross, without tax", "Held back", "Tax"))
        assert sum(steps) == Decimal(row["Net, with tax"]), row
    page = noor.get(f"{S}payment-runs/1/?q={quote(rows[0]['Payee'])}").context
    assert page["listing"]["count"] == 1
    assert {row["label"]: row["value"] for row in page["totals"]} == {
        code: money.words(money.rounded(net, code)) for code, net in paid_in.items()
    }


def test_a_payable_stands_where_its_payment_stands_on_every_page(paid):
    noor = signed_in("noor")
    line = paid.requests.filter(rolls_forward=False).first().lines.select_related("payable__site").first()
    words = f"Paid {line.request.confirmation.paid_on:%-d %b %Y}"
    address = f"{S}payables/?state=paid&q={quote(line.payable.payee.name)}&format=csv"
    body = b"".join(noor.get(address).streaming_content).decode("utf-8-sig")
    rows = {row["No."]: row for row in csv.DictReader(io.StringIO(body))}
    assert rows[str(line.payable_id)]["State"] == words
    assert words in noor.get(f"{S}site/{line.payable.site.number}/payments/").content.decode()


def test_a_site_s_payments_say_what_it_is_owed_and_the_terms_to_those_who_read_them(north):
    agreement = Agreement.objects.filter(site__number__startswith="DE").first()
    page = f"{S}site/{agreement.site.number}/payments/"
    for name, reads in (("noor", True), ("idris", False)):
        text = signed_in(name).get(page).content.decode()
        assert "Earned, without tax" in text
        assert (str(agreement) in text) == reads
    with act(person("petra")):
        AgreementVersion.objects.filter(agreement=agreement).update(maximum=123456)
    assert "123,456" in signed_in("noor").get(page).content.decode()
    assert "123,456" not in signed_in("idris").get(page).content.decode()


def test_whoever_approves_a_run_sees_its_totals_first_and_then_all_that_is_signed(north):
    run = PaymentRun.objects.filter(status=RunStatus.CONFIRMED).first()
    page = signed_in("noor").get(f"{S}payment-runs/{run.number}/move/approve/")
    text, signed = page.content.decode(), signables.signed(run)
    assert text.index("Total to pay, with tax") < text.index("What you sign") < text.index("Your signature")
    assert signables.sha256(signed) in text
    for row in signed["content"]["Payments"]:
        assert row["Payment"] in text
        assert row["Hash"] in text
    assert f"{run.until:%-d %b %Y}" in text
    assert run.until.isoformat() not in text


def test_every_amount_opens_its_story(paid):
    payable = Payable.objects.order_by("id").first()
    page = signed_in("mara").get(f"{S}payables/{payable.pk}/").content.decode()
    happened = f"CTMS: {payable.site} came to “Activated” on"
    for words in ("Start-up fee", "Site activated", happened, "Priced from the contract", "eTMF-SIM-CTA", "Posted",
                  "In payment run PR-001", "document SIM-"):  # fmt: skip
        assert words in page, words


def test_pages_say_for_what_nothing_is_told_yet(paid, settings):
    settings.PAYABLE_FACTS = ["finance.facts.of_sites"]
    fumi, words = signed_in("fumi"), "Nothing tells this yet"
    version = Payable.objects.order_by("id").first().fee.version
    page = fumi.get(f"{S}agreements/{version.agreement_id}/versions/{version.number}/").content.decode()
    assert page.count(words) == version.fees.exclude(trigger__in=of_sites.kinds).count() == 2
    settings.PAYABLE_FACTS = ["tests.finance.world.facts"]
    assert words not in fumi.get(f"{S}agreements/{version.agreement_id}/versions/{version.number}/").content.decode()
