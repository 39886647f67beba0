"""The amounts of a fee, step by step, in Python: what pages explain, and what the SQL that posts is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ctms.core.money import rounded

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Rates:
    """What applies to a fee: percentages, and zero where a rule does not."""

    overhead: Decimal = Decimal(0)
    holdback: Decimal = Decimal(0)
    vat: Decimal = Decimal(0)
    withholding: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Amounts:
    """The steps from a fee to what is paid; signs as they add up."""

    direct: Decimal
    overhead: Decimal
    holdback: Decimal
    vat: Decimal
    withholding: Decimal

    @property
    def net(self) -> Decimal:
        return self.direct + self.overhead + self.holdback + self.vat + self.withholding


def amounts(direct: Decimal, rates: Rates, currency: str) -> Amounts:
    """In this order, each rounded: overhead on the fee, holdback on both, VAT and withheld tax on what then remains."""
    overhead = rounded(direct * rates.overhead / _HUNDRED, currency)
    holdback = -rounded((direct + overhead) * rates.holdback / _HUNDRED, currency)
    return Amounts(direct, overhead, holdback, *_taxes(direct + overhead + holdback, rates, currency))


def released(holdback: Decimal, rates: Rates, currency: str) -> Amounts:
    """What giving a holdback back pays. Args: holdback: as it was kept, negative."""
    zero = rounded(Decimal(0), currency)
    return Amounts(zero, zero, -holdback, *_taxes(-holdback, rates, currency))


def split(total: Decimal, others: Sequence[Decimal], currency: str) -> list[Decimal]:
    """The primary payee's part, then the others' by their percentages; the primary takes what rounding leaves over."""
    parts = [rounded(total * percent / _HUNDRED, currency) for percent in others]
    return [total - sum(parts, Decimal(0)), *parts]


def payable_failures(failed: int, enrolled: int, *, initial: int, per: int, of: int, most: int | None) -> int:
    """How many of so many screen failures are paid: `initial`, and `per` for each full `of` enrolled, up to `most`."""
    allowed = initial + per * (enrolled // of)
    return min(failed, allowed if most is None else min(allowed, most))


def _taxes(base: Decimal, rates: Rates, currency: str) -> tuple[Decimal, Decimal]:
    vat, withheld = (rounded(base * rate / _HUNDRED, currency) for rate in (rates.vat, rates.withholding))
    return vat, -withheld
