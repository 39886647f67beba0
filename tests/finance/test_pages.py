"""Money on pages: from a contract to the money, by the addresses people use."""

import csv
import io
from decimal import Decimal

import pytest
from pypdf import PdfReader

from finance.models import Payable, PaymentRun, RunStatus
from finance.queries import remittance_lines, sums
from tests.conftest import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-7")]
S = "/in/north/s/D3460C00002/"


@pytest.fixture
def paid(north) -> PaymentRun:
    """The demo's first run."""
    return PaymentRun.objects.get(number=1)


def test_a_remittance_says_the_same_on_page_pdf_and_csv_and_in_the_ledger(paid):
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
    assert asked.confirmation.entries.get(account="CASH").amount == -asked.net


def test_every_amount_opens_its_story(paid):
    payable = Payable.objects.order_by("id").first()
    page = signed_in("mara").get(f"{S}payables/{payable.pk}/").content.decode()
    for words in ("Start-up fee", "Site activated", "CTMS, change of status", "Priced from the contract",
                  "eTMF-SIM-CTA", "Posted", "In payment run PR-001", "document SIM-"):  # fmt: skip
        assert words in page, words
