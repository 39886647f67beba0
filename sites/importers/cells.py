"""What readers of CSV and of workbooks share: the limits of a file, and a cell that is not taken."""

import re
from dataclasses import dataclass

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 60
LAST_ROW = 100_000  # blank rows between count here
LONGEST_TEXT = 500
IS_FORMULA = "This is a formula. Put its result there: nothing in a file is computed."
IS_BROKEN = "This is an error of the spreadsheet, not a value."
_BLANKS = re.compile("[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]+")


class UnreadableTable(Exception):
    """The file is no table we can read; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A cell that is not taken, and why."""

    value: str
    message: str


def trimmed(text: str) -> str:
    """Without blanks around, and with plain blanks inside: programs write hard ones for looks."""
    return _BLANKS.sub(" ", text).strip()
