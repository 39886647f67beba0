"""Numbers, names and days as parts of sentences."""

from ctms.core.wording import day_written_out, days_written_out, number_in


def test_days_are_written_out_and_what_is_no_day_stays() -> None:
    assert day_written_out("2024-02-26") == "26 Feb 2024"
    assert [day_written_out(text) for text in ("2024-99-99", "2024-02-26T10:00", "20240226", "")] == [
        "2024-99-99", "2024-02-26T10:00", "20240226", "",
    ]  # fmt: skip
    assert days_written_out("Consented 2024-02-26, dosed 2024-13-01") == "Consented 26 Feb 2024, dosed 2024-13-01"


def test_a_records_number_is_read_as_people_write_it() -> None:
    assert [number_in(words, "DV") for words in ("DV-0007", "dv 7", " DV7 ", "7", "DV-", "FU-7")] == [
        7, 7, 7, None, None, None,
    ]  # fmt: skip
