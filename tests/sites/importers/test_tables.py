"""Files as people save them, and as nobody should: what is read, and the sentence for what is not."""

import io
import time
import zipfile
from datetime import date

import openpyxl
import pytest
import xlsxwriter

from sites.importers import workbooks
from sites.importers.cells import UnreadableTable
from sites.importers.tables import letter, read_table
from sites.importers.values import read_choice, read_country, read_day

ROWS = [["Site number", "City"], ["AT-1", "Köln"], ["AT-2", "Zürich"]]


def as_text(separator: str) -> str:
    return "\r\n".join(separator.join(row) for row in ROWS) + "\r\n"


def workbook(*rows: list[object], formula: str = "") -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, place, value)
                else:
                    sheet.write(number, place, value)
        if formula:
            sheet.write_formula(len(rows), 0, formula, value="computed before")
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(encoding, separator):
    table = read_table(as_text(separator).encode(encoding), "x.csv")
    assert [list(table.headings), *(list(row.cells) for row in table.rows)] == ROWS
    assert [row.number for row in table.rows] == [2, 3]


def test_a_workbook_says_the_same_as_its_cells_look():
    rows = (["Number", "Day", "Yes"], [12, date(2024, 3, 5), True], [], [1.5, "x", False])
    table = read_table(workbook(*rows), "x.xlsx")
    assert [row.cells for row in table.rows] == [("12", "2024-03-05", "yes"), ("1.5", "x", "no")]
    assert [row.number for row in table.rows] == [2, 4]


@pytest.mark.shows("03-3")
@pytest.mark.parametrize("formula", ["=1+1", '=HYPERLINK("http://x.test","x")', "=cmd|'/c calc'!A1"])
def test_formulas_are_named_and_never_computed(formula):
    as_csv = 'City\nGraz\n"' + formula.replace('"', "") + '"'
    for content in (workbook(["City"], ["Graz"], formula=formula), as_csv.encode()):
        table = read_table(content, "x")
        (error,) = table.errors
        assert (error.row, error.column) == (3, "A (City)")
        assert "formula" in error.message
        assert "computed before" not in str(table)


def zipped(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, body in parts.items():
            package.writestr(name.replace("__", "/") + ".xml", body)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"Site number,City\r\n", "no rows"),
        (b"a\0b", "no text"),
        (b"%PDF-1.7", "neither a CSV"),
        (b"\xd0\xcf\x11\xe0rest", "old or encrypted"),
        (b"PK\x03\x04garbage", "damaged"),
        (b'a,b\r\n"never closed', "near line"),
        (zipped(xl__workbook=b"<x/>"), "damaged"),
        (zipped(xl__workbook=b"0" * 61_000_000), "unpacks to more"),
        (b"a\r\n" * 20_002, "more than 20,000 rows"),
        (b"x" * 5_000_001, "larger than 5 MB"),
        (b"a," * 70 + b"\r\n", "more than 60 columns"),
        (b"," * 1_000_000 + b"a\r\n", "more than 60 columns"),
        (zipped(xl__workbook=b"x") + b"PK", "damaged"),
    ],
)
def test_what_is_no_table_gets_a_sentence(content, sentence):
    with pytest.raises(UnreadableTable, match=sentence):
        read_table(content, "x.csv")


def tampered(part: str, before: bytes, after: bytes, *, encoding: str = "") -> bytes:
    """A workbook with one thing replaced in one of its parts."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["City"], ["Graz"]))) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            body = source.read(name)
            if name == part:
                assert before in body
                body = body.replace(before, after, 1)
                body = body.decode().replace("UTF-8", encoding).encode(encoding) if encoding else body
            target.writestr(name, body)
    return buffer.getvalue()


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
DECLARED = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (tampered(SHEET, b"<worksheet", DECLARED + b"<worksheet"), "entities"),
        (tampered(STRINGS, b"<sst", DECLARED + b"<sst", encoding="UTF-16"), "entities"),
        (tampered(STRINGS, b"Graz", b"&b;"), "damaged"),
        (tampered(SHEET, b"</sheetData>", b'<row r="3">' + b"<c/>" * 20_000 + b"</row></sheetData>"), "to more"),
        (tampered(SHEET, b"</sheetData>", b"<x/>" * 200_000 + b"</sheetData>"), "unpacks to more"),
        (tampered(STRINGS, b"</sst>", b"<si/>" * 200_001 + b"</sst>"), "unpacks to more"),
        (tampered("xl/styles.xml", b"</cellXfs>", b"<xf/>" * 65_600 + b"</cellXfs>"), "unpacks to more"),
        (tampered(SHEET, b"<v>0</v>", b"<v>99</v>"), "damaged"),
        (tampered(SHEET, b'r="2"', b'r="99999999999999999999"'), "below row"),
        (tampered("xl/_rels/workbook.xml.rels", b"worksheets/sheet1.xml", b"../../../etc/passwd"), "damaged"),
    ],
)  # fmt: skip
def test_workbooks_made_to_hurt_are_refused_and_cost_little(content, sentence, monkeypatch):
    monkeypatch.setattr(workbooks, "_MOST_ELEMENTS", 200_000)
    began = time.process_time()
    with pytest.raises(UnreadableTable, match=sentence):
        read_table(content, "x.xlsx")
    assert time.process_time() - began < 3


def test_other_programs_workbooks_say_the_same():
    rows = [["Number", "Day", "Text"], [7, date(2024, 3, 5), "K\xf6ln"], [1.5, None, "x"]]
    book, buffer, inline = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    with xlsxwriter.Workbook(inline, {"constant_memory": True, "default_date_format": "d mmm"}) as other:
        sheet = other.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    for content in (buffer.getvalue(), inline.getvalue()):
        table = read_table(content, "x.xlsx")
        assert [row.cells for row in table.rows] == [("7", "2024-03-05", "K\xf6ln"), ("1.5", "", "x")]


@pytest.mark.parametrize(
    "cell",
    ["a\u202eb", "x" * 501, "#REF!", "K\ufffdln", "+1+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\uff1d1", '"a\nb"'],
    ids=str.__repr__,
)
def test_cells_that_hide_or_lost_something_are_named(cell):
    table = read_table(f"City,Name\nGraz,{cell}\nWien,b".encode(), "x.csv")
    assert [(error.row, error.column) for error in table.errors] == [(2, "B (Name)")]
    assert [row.cells for row in table.rows] == [("Graz", ""), ("Wien", "b")]


@pytest.mark.parametrize("cell", ["-5", "-", "@home", "+43 316", "a\xa0b"], ids=str.__repr__)
def test_cells_that_only_look_odd_are_taken(cell):
    assert read_table(f"City\n{cell}".encode(), "x.csv").rows[0].cells == (cell.replace("\xa0", " "),)


def test_cells_without_a_heading_above_are_named():
    table = read_table(b"sep=,\nCity,Region\nGraz,Styria,Austria\n", "x.csv")
    assert [(error.row, error.column, error.value) for error in table.errors] == [(2, "C", "Austria")]


def test_numbers_keep_the_zeros_they_are_shown_with_and_days_their_calendar():
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Number", "Day"])
        sheet.write_number(1, 0, 7, book.add_format({"num_format": "0000"}))
        sheet.write_datetime(1, 1, date(2024, 2, 29), book.add_format({"num_format": "d mmm yyyy"}))
    assert read_table(buffer.getvalue(), "x.xlsx").rows[0].cells == ("0007", "2024-02-29")


def test_a_cell_far_out_costs_nothing():
    for place, sentence in (((200_000, 0), "below row 100,000"), ((1, 16_000), "")):
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["City"])
            sheet.write_row(2, 0, ["Graz"])
            sheet.write_blank(*place, None, book.add_format({"bold": True}))
        if sentence:
            with pytest.raises(UnreadableTable, match=sentence):
                read_table(buffer.getvalue(), "x.xlsx")
        else:
            assert [row.cells for row in read_table(buffer.getvalue(), "x.xlsx").rows] == [("Graz",)]


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024-03-05", date(2024, 3, 5)), ("5 Mar 2024", date(2024, 3, 5)), ("05-Mar-2024", date(2024, 3, 5)),
     ("5. March 2024", date(2024, 3, 5)), ("2024-03-05 00:00", date(2024, 3, 5))],
)  # fmt: skip
def test_days(text, day):
    assert read_day(text) == day


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("05/06/2024", "taken for each other"), ("2024-02-30", "no such day"), ("31 Feb 2024", "no such day"),
     ("soon", "This is no day"), ("45356", "as Excel counts")],
)  # fmt: skip
def test_no_days(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_day(text)


def test_countries_choices_and_letters():
    assert [read_country(text) for text in ("AT", "aut", "Austria", "UK")] == ["AT", "AT", "AT", "GB"]
    with pytest.raises(ValueError, match="no country"):
        read_country("Atlantis")
    read = read_choice({"PI": "Principal investigator"}, {"Lead": "PI"})
    assert [read(text) for text in ("pi", "principal INVESTIGATOR", "lead")] == ["PI"] * 3
    with pytest.raises(ValueError, match="none of the choices"):
        read("Nurse")
    assert [letter(place) for place in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
