"""What leaves the house is what the page showed, and says that it is simulated: CSV, Excel, the history as a PDF."""

import csv
import io
import re
from datetime import date, datetime

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page
from pypdf import PdfReader

STUDY = "/in/north/s/D3460C00002/"
SHOWN = ("Site", "Country", "Status", "Since", "Enrollment")


@pytest.fixture
def page(visit) -> Page:
    """The activated sites of the United States, latest first, in Petra's browser."""
    return visit("petra").goes(f"{STUDY}sites/?country=US&status=ACTIVATED&sort=-since")


def test_csv_and_excel_are_the_list_on_the_page(page):
    heads = page.locator("thead th").all_inner_texts()
    cells = [row.locator("td").all_inner_texts() for row in page.locator("tbody tr").all()]
    shown = [tuple(row[heads.index(name)] for name in SHOWN) for row in cells]
    assert len(shown) > 1

    lines = list(csv.reader(io.StringIO(_taken(page, "CSV", "csv").decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(_taken(page, "Excel", "xlsx"))).active
    for head, *rows in (lines, [list(row) for row in sheet.iter_rows(values_only=True)]):
        body = rows[: next(number for number, row in enumerate(rows) if not any(row))]  # the footer comes after a gap
        assert [tuple(_words(row[head.index(name)]) for name in SHOWN) for row in body] == shown
        assert {row[head.index("Simulated")] for row in body} == {"status, since, enrollment"}


def _taken(page: Page, link: str, kind: str) -> bytes:
    """The file behind a link, under the name that it is saved by."""
    with page.expect_download() as saved:
        page.get_by_role("link", name=link, exact=True).click()
    assert saved.value.suggested_filename == f"D3460C00002-sites-simulated.{kind}"
    return saved.value.path().read_bytes()


def _words(value: object) -> str:
    """A cell as the page writes it: days differ."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        value = date.fromisoformat(value)
    return f"{value:%-d %b %Y}" if isinstance(value, date | datetime) else str(value)


def test_the_history_is_a_document_with_everything_in_it(page):
    number = page.locator("tbody tr").first.get_by_role("link").inner_text()
    page.goto(f"{STUDY}site/{number}/history/")
    answer = page.request.get(page.get_by_role("link", name="PDF").get_attribute("href") or "")
    document = PdfReader(io.BytesIO(answer.body()))
    words = " ".join(" ".join(sheet.extract_text() for sheet in document.pages).split())
    assert document.metadata is not None
    assert document.metadata.title == f"History of site {number}, D3460C00002"
    for expected in (
        "Simulated data.", "Activated, since", "Initiated → Activated", "Mara Lindqvist", "“Activate site”",
        "“Qualified; patient numbers and timeline fit the country plan”", "Listed at ClinicalTrials.gov in NCT05925803",
        "3 Jul 2023 12:00 UTC", "for Petra Novak", f"Page 1 of {len(document.pages)}",
    ):  # fmt: skip
        assert expected in words, expected
    fonts = {str(font["/BaseFont"]) for sheet in document.pages for font in _fonts(sheet)}
    assert {font.partition("+")[2].partition("-")[0] for font in fonts} == {"CTMS"}  # our own, nothing fallen back to


def _fonts(sheet):
    return [font.get_object() for font in sheet["/Resources"]["/Font"].get_object().values()]
