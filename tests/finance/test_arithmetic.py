"""The steps from a fee to the net, to the cent, and what holds of them whatever the numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctms.core.money import minor_units, rounded, words
from finance.arithmetic import Rates, amounts, payable_failures, released, split
from finance.bands import approvers

pytestmark = pytest.mark.shows("04-7")
FEES = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
PERCENTS = st.integers(0, 100_00).map(lambda hundredths: Decimal(hundredths) / 100)
CODES = st.sampled_from(["EUR", "JPY", "KWD", "USD"])


def test_the_worked_vector():
    rates = Rates(overhead=Decimal(25), holdback=Decimal(10), vat=Decimal(20), withholding=Decimal(10))
    got = amounts(Decimal("1000.00"), rates, "EUR")
    assert [got.overhead, got.holdback, got.vat, got.withholding, got.net] == [
        Decimal(text) for text in ("250.00", "-125.00", "225.00", "-112.50", "1237.50")
    ]
    later = released(got.holdback, rates, "EUR")
    assert (later.net, got.net + later.net) == (Decimal("137.50"), Decimal("1375.00"))


@pytest.mark.parametrize(
    ("failed", "enrolled", "paid"), [(20, 0, 2), (20, 7, 3), (20, 12, 5), (20, 60, 10), (4, 12, 4)]
)
def test_the_screen_failure_vectors(failed, enrolled, paid):
    assert payable_failures(failed, enrolled, initial=2, per=1, of=4, most=10) == paid


@given(FEES, st.lists(PERCENTS, max_size=4), CODES)
def test_a_split_loses_nothing(fee, others, code):
    total = rounded(fee, code)
    parts = split(total, others, code)
    assert sum(parts) == total
    assert all(part == rounded(part, code) for part in parts)


@given(FEES, PERCENTS, PERCENTS, PERCENTS, PERCENTS, CODES)
def test_what_is_kept_and_given_back_is_all(fee, overhead, holdback, vat, withholding, code):
    rates = Rates(overhead, holdback, vat, withholding)
    now = amounts(rounded(fee, code), rates, code)
    later = released(now.holdback, rates, code)
    assert now.holdback + later.holdback == 0
    assert now.direct + now.overhead + now.vat + later.vat + now.withholding + later.withholding == now.net + later.net
    assert all(step == rounded(step, code) for step in (now.overhead, now.holdback, now.vat, later.net))


def test_rounding_and_words():
    assert [str(rounded(Decimal(text), "EUR")) for text in ("0.005", "-0.005", "1.015", "2.675")] == [
        "0.01", "-0.01", "1.02", "2.68",
    ]  # fmt: skip
    assert [minor_units(code) for code in ("EUR", "JPY", "KWD")] == [2, 0, 3]
    assert [words(Decimal("-1237.5"), "EUR"), words(Decimal(786600), "JPY")] == ["EUR −1,237.50", "JPY 786,600"]


@pytest.mark.parametrize(
    ("amount", "code", "wanted"),
    [("9999.99", "EUR", 1), ("10000.00", "EUR", 2), ("49999.99", "EUR", 2), ("50000", "EUR", 3), ("1", "XXX", 3)],
)
def test_bands_begin_at_their_limits(amount, code, wanted):
    assert approvers(Decimal(amount), code) == wanted
