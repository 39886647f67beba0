"""What stands in a cell, as the value it means. What cannot be read raises a ValueError with a sentence."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from ctms.studies.importers.countries import country_code

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORDS = re.compile(r"(\d{1,2})[ -.]+([A-Za-z]{3,9})[ -.,]+(\d{4})")
_TWO_WAYS = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_SERIAL = re.compile(r"[1-9]\d{4}(\.\d+)?")
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_MADE_A_DAY = re.compile(r"(\d{1,2}-)?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(-\d{1,2})?", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_text(text: str) -> str:
    return " ".join(text.split())


def read_day(text: str) -> date:
    """2024-03-05, 5 Mar 2024 or a date cell. What can be read two ways is refused, not guessed."""
    try:
        if _ISO.fullmatch(text):
            return date.fromisoformat(text)
        if match := _WORDS.fullmatch(text):
            day, month, year = match.groups()
            if month[:3].lower() in _MONTHS:
                return date(int(year), _MONTHS.index(month[:3].lower()) + 1, int(day))
        elif " " in text and _ISO.match(text):
            return datetime.fromisoformat(text).date()
    except ValueError:
        raise ValueError("There is no such day.") from None
    if _TWO_WAYS.fullmatch(text):
        raise ValueError("Day and month can be taken for each other: write 2024-03-05 or 5 Mar 2024.")
    if _SERIAL.fullmatch(text):
        raise ValueError("This is a number, perhaps a day as Excel counts them: format the column as a date.")
    raise ValueError("This is no day: write 2024-03-05 or 5 Mar 2024.")


def read_country(text: str) -> str:
    """An ISO code of two or three letters, or a name, as the alpha-2 code."""
    import pycountry

    letters = text.strip().upper()
    found = pycountry.countries.get(alpha_2=letters) or pycountry.countries.get(alpha_3=letters)
    code = str(found.alpha_2) if found else country_code(text)
    if code is None:
        raise ValueError("There is no country of this name or ISO code.")
    return code


def read_number(text: str) -> str:
    """A site number: it stands in addresses, so without blanks and slashes; and nothing Excel made of it."""
    if "/" in text or any(letter.isspace() for letter in text) or not text.strip("."):
        raise ValueError("A site number has neither blanks nor slashes.")
    if _SCIENTIFIC.fullmatch(text) or _ISO.fullmatch(text) or _MADE_A_DAY.fullmatch(text):
        raise ValueError(
            "Excel has made a day or a rounded number of this: format the column as text and type it again."
        )
    return text


def read_choice(choices: Mapping[str, str], also: Mapping[str, str] | None = None) -> Callable[[str], str]:
    """A reader of one of these: code -> words. Codes, words and what people `also` write for a code are understood."""
    meant = {_key(words): code for code, words in choices.items()} | {_key(code): code for code in choices}
    meant |= {_key(words): code for words, code in (also or {}).items()}

    def read(text: str) -> str:
        code = meant.get(_key(text))
        if code is None:
            raise ValueError("This is none of the choices; the template lists them.")
        return code

    return read


def key_of(*parts: Any) -> tuple[str, ...]:
    """Equal for what differs in case and blanks alone."""
    return tuple(" ".join(str(part).casefold().split()) for part in parts)


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.casefold())
