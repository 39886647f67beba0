"""Money: exact decimals, rounded half up to the currency's minor unit, in the words people read."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

# ISO 4217: how many decimals, where it is not two.
_MINOR_UNITS: Mapping[str, int] = {
    "BHD": 3, "CLP": 0, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "OMR": 3, "PYG": 0, "TND": 3, "UGX": 0,
    "VND": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
CURRENCIES = (
    "AUD", "BGN", "BRL", "CAD", "CHF", "CLP", "CNY", "CZK", "DKK", "EUR", "GBP", "HUF", "ILS", "INR", "JPY", "KRW",
    "MXN", "NOK", "NZD", "PLN", "RON", "SEK", "SGD", "THB", "TRY", "TWD", "USD", "ZAR",
)  # fmt: skip
"""Codes that forms offer."""


def minor_units(currency: str) -> int:
    """How many decimals amounts in this currency have: 2 for EUR, 0 for JPY."""
    return _MINOR_UNITS.get(currency, 2)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount to the currency's minor unit; halves go away from zero, as SQL's `round` of a numeric does."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), rounding=ROUND_HALF_UP)


def words(amount: Decimal, currency: str = "") -> str:
    """EUR 1,250.00, with a true minus sign before a negative amount; without its currency, 1,250.00."""
    number = f"{abs(amount):,}" if not currency else f"{abs(rounded(amount, currency)):,}"
    sign = "\N{MINUS SIGN}" if amount < 0 else ""
    return f"{currency} {sign}{number}".strip()


def unbroken(amount: Decimal, currency: str) -> str:
    """The same inside a line: it stays whole where the line ends."""
    return words(amount, currency).replace(" ", "\N{NO-BREAK SPACE}")


def sql_minor_units(column: str) -> str:
    """SQL that says the same of a column of codes."""
    cases = " ".join(f"when '{code}' then {units}" for code, units in _MINOR_UNITS.items())
    return f"case {column} {cases} else 2 end"
