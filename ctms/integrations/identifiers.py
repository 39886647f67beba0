"""Identifiers of subjects: what looks like a date of birth or like a name's initials with one is not taken."""

import re

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_A_DATE = re.compile(
    rf"\d{{1,2}}[ ./-]?{_MONTH}[ ./-]?\d{{2,4}}|(?:19|20)\d\d[ ./-](?:0[1-9]|1[0-2])[ ./-]\d\d"
    r"|\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d",
    re.IGNORECASE,
)
LONGEST = 64


def objection(identifier: str) -> str:
    """Why this is not taken as a subject's identifier; "" where it is."""
    if not identifier.strip():
        return "It has no subject identifier."
    if len(identifier) > LONGEST:
        return "Its subject identifier is too long to be one."
    if _A_DATE.search(identifier):
        return "Its subject identifier holds a date, perhaps of birth: it is not taken."
    return ""
