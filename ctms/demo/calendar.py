"""The demo's time: from the day its trial was loaded to the day on which it is shown."""

from datetime import UTC, date, datetime, time

BEGINS = date(2023, 7, 3)  # the registry record is of 29 June 2023
TODAY = date(2024, 3, 11)
SHOWN_FROM = datetime.combine(TODAY, time(8, 0), UTC)  # the clock's hands when the demo is first opened; then it runs


def noon(day: date) -> datetime:
    """A time of day at which people work."""
    return datetime.combine(day, time(12, 0), UTC)
