"""Dates keep the precision they were given with."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctms.core.partial_dates import PartialDate

days = st.dates().map(date.isoformat)
texts = st.one_of(days, days.map(lambda day: day[:7]), days.map(lambda day: day[:4]))


@given(texts)
def test_text_comes_back_as_it_was(text: str) -> None:
    assert str(PartialDate.parse(text)) == text


@given(texts, texts)
def test_order_is_that_of_the_first_day_then_the_last(one: str, other: str) -> None:
    a, b = PartialDate.parse(one), PartialDate.parse(other)
    assert (a < b) == ((a.earliest(), a.latest()) < (b.earliest(), b.latest()))
    assert (a == b) == (one == other)
    assert a.earliest() <= a.latest()


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "display"),
    [
        ("2015", date(2015, 1, 1), date(2015, 12, 31), "2015"),
        ("2015-09", date(2015, 9, 1), date(2015, 9, 30), "Sep 2015"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "Feb 2024"),
        ("2015-09-13", date(2015, 9, 13), date(2015, 9, 13), "13 Sep 2015"),
        ("9999-12-31", date.max, date.max, "31 Dec 9999"),
    ],
)
def test_what_a_date_can_mean(text: str, earliest: date, latest: date, display: str) -> None:
    found = PartialDate.parse(text)
    assert (found.earliest(), found.latest(), found.display()) == (earliest, latest, display)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2015-13", '"2015-13" is not a date: There is no month 13.'),
        ("2015-02-30", '"2015-02-30" is not a date: Feb 2015 has no day 30.'),
        ("0000", '"0000" is not a date: There is no year 0.'),
        ("2015-9", '"2015-9" is not a date written as YYYY, YYYY-MM or YYYY-MM-DD.'),
        ("September 2015", '"September 2015" is not a date written as YYYY, YYYY-MM or YYYY-MM-DD.'),
        ("٢٠١٥", '"٢٠١٥" is not a date written as YYYY, YYYY-MM or YYYY-MM-DD.'),
        ("", '"" is not a date written as YYYY, YYYY-MM or YYYY-MM-DD.'),
    ],
)
def test_nonsense_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as refusal:
        PartialDate.parse(text)
    assert str(refusal.value) == sentence


def test_a_day_needs_its_month() -> None:
    with pytest.raises(ValueError, match="needs its month"):
        PartialDate(2015, day=3)
