"""Days and windows of a visit schedule in words. A missing window, one of zero length and one of hours differ."""

import re
from datetime import timedelta

from ctms.core.partial_dates import PartialDate

_MINUS = "\N{MINUS SIGN}"

# What external systems make claims about; the rest of a study's topics are called as its fields are.
_TOPICS = {
    "allocation": "Allocation",
    "enrollment_count": "Enrollment",
    "enrollment_kind": "Enrollment is",
    "lead_sponsor": "Lead sponsor",
    "overall_status": "Overall status",
    "recruitment_status": "Recruitment status",
    "why_stopped": "Why stopped",
    "start_kind": "Start is",
    "primary_completion_kind": "Primary completion is",
    "completion_kind": "Completion is",
    "nct_id": "NCT number",
    "eu_ct_no": "EU CT number",
    "protocol_no": "Protocol number",
}
_DATES = {"start", "primary_completion", "completion"}
_CODED = {"allocation", "masking", "overall_status", "phase", "recruitment_status", "study_type"}


def topic_words(topic: str) -> str:
    """What a claim is about: "EU CT number", "Official title"."""
    return _TOPICS.get(topic) or topic.replace("_", " ").capitalize()


def claim_words(topic: str, value: str) -> str:
    """What is claimed; codes in words (PHASE3 is "Phase 3"), dates as ours, an acronym as it is."""
    if topic in _DATES:
        return PartialDate.parse(value).display()
    if topic in _CODED or topic.endswith("_kind"):
        return re.sub(r"(?<=[a-z])(?=\d)", " ", value.replace("_", " ").capitalize())
    return value


def day_words(day: timedelta | None) -> str:
    """The day from day 0: "day −14", "day 0", "day 0 −15 min"; "no day" where none can be told."""
    if day is None:
        return "no day"
    whole = round(day / timedelta(days=1))
    rest = day - timedelta(days=whole)
    words = f"day {with_minus(whole)}"
    return f"{words} {_MINUS if rest < timedelta() else '+'}{length_words(abs(rest))}" if rest else words


def with_minus(number: int) -> str:
    """−14 and 14: a true minus sign, and no plus."""
    return f"{_MINUS if number < 0 else ''}{abs(number)}"


def window_words(before: timedelta | None, after: timedelta | None) -> str:
    """How far from its day: "±3 d", "−4 h to 0", "exact", "no window given"."""
    if before is None and after is None:
        return "no window given"
    if before == after == timedelta():
        return "exact"
    if before == after and before is not None:
        return f"±{length_words(before)}"
    return f"{_edge(before, _MINUS)} to {_edge(after, '+')}"


def length_words(length: timedelta) -> str:
    """A length in its largest whole unit: "2 wk" is "14 d"; "4 h"; "15 min"."""
    for size, unit in ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min")):
        if length >= size and not length % size:
            return f"{length // size} {unit}"
    if length >= timedelta(days=1):
        return f"{length // timedelta(days=1)} d {length_words(length % timedelta(days=1))}"
    if length >= timedelta(hours=1):
        return f"{length // timedelta(hours=1)} h {length_words(length % timedelta(hours=1))}"
    return f"{length.total_seconds():g} s" if length else "0"


def _edge(length: timedelta | None, sign: str) -> str:
    if length is None:
        return "open"
    return f"{sign}{length_words(length)}" if length else "0"
