"""Text as people mean it: without markup escapes, stray whitespace and contact details."""

import re
import unicodedata
from html import unescape

# Only entities that end in a semicolon: "R&D&region" must not become "R&D®ion".
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
# ClinicalTrials.gov escapes what Markdown would read as markup: "\>= 18 years".
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()<>#+.!~^|&-])")
# Control characters and lone surrogates, which no database stores as text, and invisible marks.
_UNSTORABLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\ufeff\ud800-\udfff]")

# Bounded, because an unbounded run before the "@" takes quadratic time on one long word.
_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE = re.compile(
    r"""
      \+\d[\d\s().-]{6,}\d                                                            # with a country code
    | (?<![\w-])(?:1[-.\s])?(?:\(\d{3}\)\s?|\d{3}[-.])\d{3}[-.\s]\d{4}(?![\w-])      # North American
    | (?<![\w-])(?:1[-.\s])?8(?:00|33|44|55|66|77|88)-(?-i:[A-Z][A-Z\d-]{5,})          # toll-free, as a word
    | \b(?:tel|telephone|phone|fax|call|mobile)\b\W{0,3}[\d(][\d\s().-]{5,}\d          # announced as one
    """,
    re.VERBOSE | re.IGNORECASE,
)
_REMOVED = "[contact details removed]"


def storable(text: str) -> str:
    """The text without characters no database stores, trimmed; for identifiers, which are kept as written."""
    return _UNSTORABLE.sub("", text).strip()


def plain_text(text: str) -> str:
    """The text unescaped, with single spaces, one form for each accented letter, and no e-mail or telephone."""
    text = _ENTITY.sub(lambda entity: unescape(entity[0]), text)
    text = _ESCAPE.sub(r"\1", text)
    text = unicodedata.normalize("NFC", _UNSTORABLE.sub("", text))
    return _PHONE.sub(_REMOVED, _EMAIL.sub(_REMOVED, " ".join(text.split())))


def names_a_contact(text: str) -> bool:
    """Whether the text holds, or held, an e-mail address or a phone number."""
    return _REMOVED in plain_text(text)
