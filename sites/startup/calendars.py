"""Business days of a country: neither its weekend nor its public holidays."""

from datetime import date, timedelta
from functools import cache
from typing import Any

import holidays


def is_known(calendar: str) -> bool:
    """Whether there is a calendar of this name, an ISO alpha-2 code."""
    return calendar in holidays.list_supported_countries(include_aliases=False)


def is_business_day(day: date, calendar: str) -> bool:
    """Whether people work there on this day."""
    of_country = _of(calendar)
    return day.weekday() not in of_country.weekend and day not in of_country


def add_business_days(day: date, days: int, calendar: str) -> date:
    """The day so many business days later; after none, the day itself or the next business day."""
    while not is_business_day(day, calendar):
        day += timedelta(days=1)
    for _ in range(days):
        day += timedelta(days=1)
        while not is_business_day(day, calendar):
            day += timedelta(days=1)
    return day


def business_days_between(first: date, last: date, calendar: str) -> int:
    """How many business days lie after the first day, up to and with the last."""
    days = ((first + timedelta(days=count + 1)) for count in range((last - first).days))
    return sum(is_business_day(day, calendar) for day in days)


@cache
def _of(calendar: str) -> Any:
    return holidays.country_holidays(calendar)
