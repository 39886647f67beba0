"""Working days of a country: without weekends and public holidays. What is due in business days is counted here."""

from datetime import date, timedelta
from functools import cache
from typing import Any

import holidays


def is_known(country: str) -> bool:
    """Whether the public holidays of a country (ISO alpha-2) are known."""
    return country in holidays.list_supported_countries(include_aliases=False)


def is_workday(day: date, country: str) -> bool:
    """Whether people work on this day in a country (ISO alpha-2); where no holidays are known, weekends count."""
    calendar = _calendar(country)
    if calendar is None:
        return day.weekday() < 5
    return bool(calendar.is_working_day(day))


def add_workdays(day: date, n: int, country: str) -> date:
    """The n-th working day after a day, or before it where n is negative; with 0, the day or the first after it."""
    step = timedelta(days=-1 if n < 0 else 1)
    if n == 0:
        while not is_workday(day, country):
            day += step
        return day
    left = abs(n)
    while left:
        day += step
        left -= is_workday(day, country)
    return day


def workdays_from(day: date, n: int, country: str) -> date:
    """The end of something that takes n working days and begins on a day, or on the first working day after it."""
    return add_workdays(add_workdays(day, 0, country), n, country)


def workdays_between(first: date, last: date, country: str) -> int:
    """How many working days lie after `first`, up to and with `last`; negative where `last` comes before."""
    if last < first:
        return -workdays_between(last, first, country)
    days = (last - first).days
    return sum(is_workday(first + timedelta(days=number), country) for number in range(1, days + 1))


@cache
def _calendar(country: str) -> Any:
    """The country's calendar, which learns each year when it is first asked; None where the library knows none."""
    try:
        return holidays.country_holidays(country.upper())
    except NotImplementedError:
        return None
