"""Dates that keep the precision they were given with: a year, a month or a day."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import total_ordering
from typing import Self

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
# Our own, because calendar.month_abbr follows the locale of the process.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@total_ordering
@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date that may lack its day, or its month and day: 2015, 2015-09 or 2015-09-13.

    Ordered by the first day it can mean, then by the last: 2015-01-01 < 2015-01 < 2015.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.year <= 9999:
            raise ValueError(f"There is no year {self.year}.")
        if self.month is None:
            if self.day is not None:
                raise ValueError("A day needs its month.")
            return
        if not 1 <= self.month <= 12:
            raise ValueError(f"There is no month {self.month}.")
        if self.day is not None and not 1 <= self.day <= self._days_in_month():
            raise ValueError(f"{_MONTHS[self.month - 1]} {self.year} has no day {self.day}.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read YYYY, YYYY-MM or YYYY-MM-DD; anything else is a ValueError whose sentence says why."""
        match = _ISO.fullmatch(text.strip())
        if match is None:
            raise ValueError(f'"{text}" is not a date written as YYYY, YYYY-MM or YYYY-MM-DD.')
        try:
            return cls(*(int(part) for part in match.groups() if part is not None))
        except ValueError as error:
            raise ValueError(f'"{text}" is not a date: {error}') from None

    def earliest(self) -> date:
        """The first day this date can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    def latest(self) -> date:
        """The last day this date can mean."""
        if self.month is None:
            return date(self.year, 12, 31)
        return date(self.year, self.month, self.day or self._days_in_month())

    def display(self) -> str:
        """The date as people read it: "2015", "Sep 2015" or "13 Sep 2015"."""
        if self.month is None:
            return str(self.year)
        month = f"{_MONTHS[self.month - 1]} {self.year}"
        return month if self.day is None else f"{self.day} {month}"

    def __str__(self) -> str:
        text = f"{self.year:04}"
        if self.month is not None:
            text += f"-{self.month:02}"
        if self.day is not None:
            text += f"-{self.day:02}"
        return text

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, PartialDate):
            return NotImplemented
        return (self.earliest(), self.latest()) < (other.earliest(), other.latest())

    def _days_in_month(self) -> int:
        return monthrange(self.year, self.month or 1)[1]
