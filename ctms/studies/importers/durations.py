"""ISO 8601 durations as exact lengths of time."""

import re
from dataclasses import dataclass
from datetime import timedelta

DAYS_PER_MONTH = 30
DAYS_PER_YEAR = 365
LONGEST = timedelta(days=100 * DAYS_PER_YEAR)

_AMOUNT = r"\d{1,6}(?:[.,]\d{1,9})?"  # six digits: more cannot be meant, and would overflow
_DURATION = re.compile(
    rf"([+-])?P(?=T?\d)(?:({_AMOUNT})Y)?(?:({_AMOUNT})M)?(?:({_AMOUNT})W)?(?:({_AMOUNT})D)?"
    rf"(?:T(?=\d)(?:({_AMOUNT})H)?(?:({_AMOUNT})M)?(?:({_AMOUNT})S)?)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time, and whether months or years had to be turned into days for it."""

    length: timedelta
    assumed: bool


def parse_duration(text: str) -> Duration:
    """Read P2W, PT4H, -P1D, P1M, ...; anything else, or more than 100 years, is a ValueError.

    A month counts as 30 days and a year as 365; `assumed` says that this was needed.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text}" is not an ISO 8601 duration')
    sign, *amounts = match.groups()
    years, months, weeks, days, hours, minutes, seconds = (
        float(amount.replace(",", ".")) if amount else 0.0 for amount in amounts
    )
    days += years * DAYS_PER_YEAR + months * DAYS_PER_MONTH
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if length > LONGEST:
        raise ValueError(f'"{text}" is longer than 100 years')
    return Duration(-length if sign == "-" else length, assumed=bool(years or months))


def as_days(length: timedelta) -> int | float:
    """The length in days: a whole number where it is one."""
    return length.days if length == timedelta(days=length.days) else length.total_seconds() / 86_400
