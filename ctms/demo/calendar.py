"""The demo's time: from the day its trial was loaded to the day on which it is shown, after fourteen months."""

from datetime import UTC, date, datetime, time

BEGINS = date(2023, 7, 3)  # the registry record is of 29 June 2023
TODAY = date(2024, 9, 3)


def morning(day: date) -> datetime:
    """When a day's work begins."""
    return datetime.combine(day, time(8, 0), UTC)


def noon(day: date) -> datetime:
    """A time of day at which people work."""
    return datetime.combine(day, time(12, 0), UTC)


def evening(day: date) -> datetime:
    """When a day's work is done, and other systems are read."""
    return datetime.combine(day, time(19, 0), UTC)


def night(day: date) -> datetime:
    """When what was read that evening can be worked with, by who does not wait until the morning."""
    return datetime.combine(day, time(20, 0), UTC)


SHOWN_FROM = morning(TODAY)  # the clock's hands when the demo is first opened; then it runs
