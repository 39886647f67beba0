"""A table of 2,000 sites with 20 planted errors, as CSV and as workbook: each named, nothing applied until clean."""

import csv
import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sites.models import Facility, MigrationBatch, Site, SiteStatusEvent, Upload
from sites.services import golive
from tests.accounts.test_isolation import written
from tests.conftest import act, signed_in
from tests.signing import proof

pytestmark = [pytest.mark.django_db, pytest.mark.shows("03-3")]
ROWS, WITHIN = 2_000, 10.0  # seconds, for looking and for applying
IMPORT = "/in/north/s/D3460C00002/import/"
HEADINGS = ("Site number", "Country", "City", "Facility", "State or region", "Postal code", "Time zone")
LETTERS = "ABCDEFG"
COUNTRIES = ("Austria", "DEU", "FR", "Spain", "Czechia")
CANARY = "computed before"


@dataclass(frozen=True)
class Formula:
    """A cell that a workbook would compute; in a CSV it is its text."""

    text: str


@dataclass(frozen=True)
class Broken(Formula):
    """A cell that a workbook could not compute."""


# What is planted: column, and what stands there instead of what stood there.
PLANTED: tuple[tuple[int, Callable[[str], Any]], ...] = (
    (0, lambda was: f"{was[:2]} {was[3:]}"),  # a blank in a number
    (0, lambda was: was.replace("-", "/")),
    (0, lambda was: ""),
    (0, lambda was: "AT-0007"),  # a number that stands in another row
    (0, lambda was: "at-0008"),  # the same, in small letters
    (0, lambda was: "DE-001"),  # a site there is, in another country
    (0, lambda was: "1.00E+05"),  # what Excel makes of 100E3
    (0, lambda was: "2-Mar"),  # and of 3-2
    (1, lambda was: "Atlantis"),
    (1, lambda was: ""),
    (2, lambda was: ""),
    (2, lambda was: "K\N{REPLACEMENT CHARACTER}ln"),
    (2, lambda was: "Gr\N{RIGHT-TO-LEFT OVERRIDE}az"),
    (3, lambda was: "Spital\nOst"),
    (3, lambda was: "x" * 501),
    (3, lambda was: Formula("=1+1")),
    (3, lambda was: Formula('=HYPERLINK("http://x.test","y")')),
    (4, lambda was: "+1+cmd|' /C calc'!A0"),
    (5, lambda was: Broken("=1/0")),
    (6, lambda was: "Middle/Earth"),
)
NAMED_AT = {5: 1}  # of what contradicts the record, the country is named


def rows(count: int) -> list[list[Any]]:
    """Headings and sites; names with letters beyond ASCII, and some that only look like formulas."""
    made: list[list[Any]] = [list(HEADINGS)]
    for number in range(count):
        name = ("-5 °C Klinik", "@home Zürich", "+Santé")[number] if number < 3 else f"Klinik Ä{number // 2}"
        country = "Austria" if number < 10 else COUNTRIES[number % 5]
        made.append([f"AT-{number:04}", country, f"Ort {number % 40}", name, "", f"{8000 + number}", ""])
    return made


def planted(clean: list[list[Any]]) -> tuple[list[list[Any]], set[tuple[int, str]]]:
    """The rows with every error once, each in a row of its own, and where they are as the page names it."""
    rows, where = [list(row) for row in clean], set()
    for turn, (place, change) in enumerate(PLANTED):
        at = 20 + turn * (len(rows) - 40) // len(PLANTED)
        rows[at][1] = "Austria"
        rows[at][place] = change(rows[at][place])
        place = NAMED_AT.get(turn, place)
        where.add((at + 1 + at // 100, f"{LETTERS[place]} ({HEADINGS[place]})"))
    return rows, where


def with_blanks(rows: list[list[Any]]) -> Iterator[list[Any]]:
    """A blank row after each hundred, as people leave them."""
    for at, row in enumerate(rows):
        if at and at % 100 == 0:
            yield []
        yield row


def as_csv(rows: list[list[Any]], *, encoding: str = "utf-8-sig", separator: str = ";") -> bytes:
    buffer = io.StringIO()
    texts = ([cell.text if isinstance(cell, Formula) else cell for cell in row] for row in with_blanks(rows))
    csv.writer(buffer, delimiter=separator).writerows(texts)
    return buffer.getvalue().encode(encoding)


def as_workbook(rows: list[list[Any]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(with_blanks(rows)):
            for place, cell in enumerate(row):
                if isinstance(cell, Formula):
                    value = "#DIV/0!" if isinstance(cell, Broken) else CANARY
                    sheet.write_formula(at, place, cell.text, value=value)
                elif place == 5 and cell.isdigit():
                    sheet.write_number(at, place, int(cell))
                else:
                    sheet.write_string(at, place, cell)
    return buffer.getvalue()


def uploaded(client: Client, content: bytes, name: str, kind: str = "sites") -> str:
    """The address of the preview."""
    answer = client.post(IMPORT, {"kind": kind, "file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    return str(answer["Location"])


def named(client: Client, preview: str) -> list[Sequence[str]]:
    """Row, column, what stands there and what is wrong, of every error, from the file of errors."""
    answer = client.get(f"{preview}errors/").content.decode("utf-8-sig")
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in csv.reader(io.StringIO(answer)) for cell in line)
    return list(csv.reader(io.StringIO(answer)))[1:]


@pytest.mark.parametrize("made", [as_csv, as_workbook])
def test_twenty_planted_errors(north, measured, made):
    client = signed_in("mara")
    content, where = planted(rows(ROWS))
    preview = uploaded(client, made(content), "own")
    found = named(client, preview)
    what = f"of 20 planted errors in 2,000 rows named by row and column, {made.__name__[3:]}"
    hits = sum((int(row), column) in where for row, column, *_ in found)
    measured(what, hits, 20, hits == len(where) == 20)
    measured("errors named that nobody planted", len(found) - hits, 0, len(found) == hits)
    page = client.get(preview).content.decode()
    assert CANARY not in page + str(found)
    assert 'type="submit">Apply' not in " ".join(page.split())
    before, sites = written(), Site.objects.count()
    refused = client.post(preview).status_code
    rows_written = written() - before
    measured("rows written by applying it all the same", rows_written, 0, (rows_written, refused) == (0, 409))
    assert Site.objects.count() == sites


def test_a_clean_table_is_applied_once(north, measured):
    client, clean = signed_in("mara"), rows(ROWS)
    preview = uploaded(client, as_csv(clean, encoding="cp1252"), "own.csv")
    began = time.monotonic()
    page = client.get(preview).content.decode()
    took = time.monotonic() - began
    assert "2,000" in page
    measured("seconds to look at 2,000 new sites", round(took, 1), WITHIN, took < WITHIN)
    before, began = Site.objects.count(), time.monotonic()
    assert client.post(preview).status_code == 302
    took = time.monotonic() - began
    measured("seconds to apply them", round(took, 1), WITHIN, took < WITHIN)
    made = Site.objects.count() - before
    measured("sites made", made, ROWS, made == ROWS)
    assert SiteStatusEvent.objects.filter(reason="Listed in own.csv", move="identify").count() == ROWS
    state, changed = written(), 0
    again = {"own.csv": as_csv(clean, encoding="cp1252"), "own.xlsx": as_workbook(clean),
             "own.txt": as_csv(clean, encoding="utf-16", separator="\t")}  # fmt: skip
    for name, content in again.items():
        preview = uploaded(client, content, name)
        assert "on record already" in client.get(preview).content.decode()
        client.post(preview)
        changed += written() - state
    measured("rows written by the same sites in three more files", changed, 0, changed == 0)
    assert not Upload.objects.exists()
    names = {"-5 °C Klinik", "@home Zürich", "+Santé"}
    assert set(Facility.objects.filter(name__in=names).values_list("name", flat=True)) == names
    answer = client.get("/in/north/facilities/?q=Ort&format=csv")
    exported = b"".join(answer.streaming_content).decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(exported)) for cell in line]
    assert {f"'{name}" for name in names} <= set(cells)
    bad = sum(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    measured("cells of the export that a spreadsheet would compute", bad, 0, bad == 0)


def lines_of(kind: str, numbers: list[str]) -> list[list[str]]:
    """A table of this kind with one row for each site number."""
    if kind == "people":
        return [["Site", "Name", "Role", "From"], *([one, f"Dr. {one}", "PI", "2024-01-08"] for one in numbers)]
    if kind == "evidence":
        return [["Site", "Fact", "Day", "Proof"], *([one, "CDA_EXE", "2024-01-08", "eTMF 1"] for one in numbers)]
    return [["Site", "Status", "Since", "Proof"], *([one, "Selected", "2023-05-02", "eTMF 2"] for one in numbers)]


def test_statements_do_not_grow_with_rows(north, measured):
    client, few, many = signed_in("mara"), 100, 1_000
    costs: dict[str, list[int]] = {"sites": [], "people": [], "evidence": [], "history": []}
    for count in (few, many):
        sites = [[f"{row[0]}{count}" if at else row[0], *row[1:]] for at, row in enumerate(rows(count))]
        numbers = [row[0] for row in sites[1:]]
        for kind, counted in costs.items():
            preview = uploaded(client, as_csv(sites if kind == "sites" else lines_of(kind, numbers)), "own.csv", kind)
            client.get(preview)
            with CaptureQueriesContext(connection) as queries:
                client.get(preview)
                assert client.post(preview).status_code == 302
            counted.append(len(queries))
    growth = max(more - fewer for fewer, more in costs.values())
    measured("statements that 1,000 rows take more than 100, at most over four kinds of table", growth, 0, growth <= 0)


def test_a_thousand_running_sites_are_signed_off_at_once(north, petra, now, measured):
    client = signed_in("mara")
    sites = rows(1_000)
    for kind, content in (("sites", sites), ("history", lines_of("history", [row[0] for row in sites[1:]]))):
        assert client.post(uploaded(client, as_csv(content), "own.csv", kind)).status_code == 302
    batch, began = MigrationBatch.objects.get(), time.monotonic()
    page = signed_in("petra").get(f"/in/north/s/D3460C00002/go-live/{batch.number}/move/sign_off/").content.decode()
    assert page.count("AT-0999") == 1
    proven = proof(batch, petra, now)
    with act(petra, "Read against the export"):
        golive.sign_off(batch=batch, reason="Read against the export", proof=proven, by=petra, at=now)
    took = time.monotonic() - began
    measured("seconds to show and sign 1,000 running sites", round(took, 1), WITHIN, took < WITHIN)
    opened = Site.objects.filter(operational_status="SELECTED", number__startswith="AT-0").count()
    measured("of 1,000 sites standing where they stood", opened, 1_000, opened == 1_000)
