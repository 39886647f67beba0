"""Telling real facility names from the placeholders under which sponsors hide their sites."""

import re
from collections.abc import Iterable

from .plain_text import names_a_contact


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


_PLACES = set(_words("site sites facility facilities institution institutions location locations"))
_CENTERS = set(_words("center centers centre centres"))
_VAGUE = set(
    _words("research investigational investigative investigator investigators investigation local clinical study trial")
    + _words("test participating coordinating reference ref number no nr id many multiple various several different s")
)
_GENERIC = _PLACES | _CENTERS | _VAGUE
# "Clinical Research Center" may be a hospital's own unit; "Investigational Center" never is.
_HIDING = set(_words("investigational investigative investigator investigators study local"))
# Words of a real institution, which may well run an "investigational site".
_INSTITUTIONS = _CENTERS | set(
    _words("academic associates care clinic clinica clinical clinics clinique college department doctors foundation")
    + _words("group health healthcare hopital hospital hospitals institut institute instituto kliniken klinik klinikum")
    + _words("laboratory medical medicine nhs ospedale physicians practice private research school szpital trust")
    + _words("universitair universitario university veterans")
)
_MOST_SPONSOR_WORDS = 3

# A site or investigator number: 0123, 840001, US10012, As0006.
_IDENTIFIER = re.compile(r"\d+|[a-z]{1,4}\d{2,}[a-z]?|\d{2,}[a-z]{1,3}")
_REFERRAL = re.compile(
    r"\b(?:additional|further|more) information\b|\bcall (?:cent(?:er|re)|for)\b|\bplease (?:contact|call|refer)\b"
    r"|\bcontact (?:the|us|sponsor)\b|\badministrative office\b|https?:|\bwww\.",
    re.IGNORECASE,
)
_NOTHING = {
    *("", "x", "xx", "xxx", "n a", "na", "none", "tbd", "tba"),
    *("to be determined", "to be confirmed", "to be announced", "not available", "not applicable", "not disclosed"),
    *("not provided", "not specified", "unknown", "confidential", "redacted", "masked", "blinded", "withheld"),
}


def is_masked(name: str, *, sponsors: Iterable[str] = ()) -> bool:
    """Whether the text stands in for a facility's name: "Research Site", "GSK Investigational Site", "US10012".

    `sponsors` are the companies of the trial, whose names may stand before the placeholder. In doubt the name counts
    as real: showing a placeholder harms less than hiding a hospital.
    """
    everything = _words(name)
    if " ".join(everything) in _NOTHING or _REFERRAL.search(name) or names_a_contact(name):
        return True
    words = [word for word in everything if not _IDENTIFIER.fullmatch(word)]
    numbered = len(words) < len(everything)
    start = next((index for index, word in enumerate(words) if word in _GENERIC), len(words))
    prefix, placeholder = words[:start], words[start:]
    if not placeholder:
        return numbered and not prefix
    if not _GENERIC.issuperset(placeholder) or not _hides(set(placeholder), numbered=numbered):
        return False
    return not prefix or _is_company(prefix, placeholder, sponsors)


def _hides(placeholder: set[str], *, numbered: bool) -> bool:
    if placeholder & _PLACES or numbered:
        return True
    return bool(placeholder & _CENTERS and placeholder & _HIDING)


def _is_company(prefix: list[str], placeholder: list[str], sponsors: Iterable[str]) -> bool:
    if any(set(prefix) <= set(_words(sponsor)) for sponsor in sponsors):
        return True
    # Companies go by many names ("GSK", "Sandoz"), but only they write "investigational site".
    return (
        placeholder[0] in ("investigational", "investigative")
        and len(prefix) <= _MOST_SPONSOR_WORDS
        and not _INSTITUTIONS.intersection(prefix)
    )
