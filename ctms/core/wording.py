"""Numbers and names as parts of sentences."""

import re
from datetime import date

_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: "1 site", "1,200 sites"."""
    return f"1 {singular}" if number == 1 else f"{number:,} {plural or singular + 's'}"


def inside(label: str) -> str:
    """A label as it stands inside a sentence: "Released to the ERP" begins small there, and nothing else changes."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def listed(names: list[str], *, most: int = 6) -> str:
    """The first few names in quotes, and how many more there are."""
    shown = ", ".join(f'"{name}"' for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def number_in(words: str, prefix: str) -> int | None:
    """The number that people write as "DV-0007", "dv 7" or "DV7"; None where these words are none."""
    match = re.fullmatch(rf"{prefix}[- ]?([0-9]{{1,9}})", words.strip(), re.IGNORECASE)
    return int(match[1]) if match else None


def iso_day(text: str) -> date | None:
    """The day that a text is; None for one that is none. Only with its hyphens: "20240226" may be a number."""
    try:
        return date.fromisoformat(text) if _ISO_DAY.fullmatch(text) else None
    except ValueError:
        return None


def day_written_out(text: str) -> str:
    """An ISO day as people write it: "2024-02-26" is "26 Feb 2024"; a text that is no day stays as it is."""
    day = iso_day(text)
    return f"{day:%-d %b %Y}" if day else text


def days_written_out(text: str) -> str:
    """The same of every day in a text."""
    return _ISO_DAY.sub(lambda day: day_written_out(day[0]), text)
