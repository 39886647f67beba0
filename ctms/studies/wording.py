"""Days and windows of a visit schedule in words. A missing window, one of zero length and one of hours differ."""

import re
from collections.abc import Mapping
from datetime import timedelta

from ctms.core.partial_dates import PartialDate
from ctms.studies.models import DateKind, Study

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
_STUDY_DATES = (("start", "Start"), ("primary_completion", "Primary completion"), ("completion", "Completion"))
DATES = {topic for topic, _ in _STUDY_DATES}
_CODED = {"allocation", "masking", "overall_status", "phase", "recruitment_status", "study_type"}


def topic_words(topic: str) -> str:
    """What a claim is about: "EU CT number", "Official title"."""
    return _TOPICS.get(topic) or topic.replace("_", " ").capitalize()


def claim_words(topic: str, value: str) -> str:
    """What is claimed; codes in words (PHASE3 is "Phase 3"), dates as ours, an acronym as it is."""
    if topic in DATES:
        return PartialDate.parse(value).display()
    if topic in _CODED or topic.endswith("_kind"):
        return re.sub(r"(?<=[a-z])(?=\d)", " ", value.replace("_", " ").capitalize())
    return value


def study_facts(study: Study, registered: Mapping[str, str]) -> list[dict[str, str]]:
    """The study as planned, in the order people ask: what a facts component shows.

    Args:
        registered: "start", "primary_completion", "completion" -> where and when this day is registered, if it is.
    """
    answers = {True: "Yes", False: "No", None: ""}
    facts = [
        ("Official title", study.official_title),
        ("Phase", study.phase_label),
        ("Masking", study.get_masking_display() if study.masking else ""),
        *((label, ", ".join(filter(None, (_date(study, name), registered.get(name))))) for name, label in _STUDY_DATES),
        ("Under an IND", answers[study.under_ind]),
        ("Covered clinical study", answers[study.covered_study]),
    ]
    return [{"label": label, "value": value} for label, value in facts]


def _date(study: Study, name: str) -> str:
    """A planned or actual date with its precision: “Sep 2015 (actual)”."""
    value, kind = getattr(study, name), getattr(study, f"{name}_kind")
    if value is None:
        return ""
    return f"{value.display()} ({DateKind(kind).label.lower()})" if kind else value.display()


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


_UNITS = {
    "w": timedelta(weeks=1), "wk": timedelta(weeks=1), "week": timedelta(weeks=1), "d": timedelta(days=1),
    "day": timedelta(days=1), "h": timedelta(hours=1), "hour": timedelta(hours=1), "min": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
}  # fmt: skip
_LONGEST = timedelta(days=36_500)


def signed_length(length: timedelta | None) -> str:
    """A length as it is typed: "14 d", "−4 h", "0"; "" where there is none."""
    if length is None:
        return ""
    return f"{_MINUS if length < timedelta() else ''}{length_words(abs(length))}"


def read_length(text: str) -> timedelta:
    """What `signed_length` writes, and "2 weeks", "1 d 4 h", "-3 days"; else a ValueError with a sentence."""
    text = text.strip().casefold()
    match = re.fullmatch(r"([-+\u2212]?)\s*((?:\d{1,5}\s*[a-z]+\s*)+|0)", text)
    if match is None:
        raise ValueError("A number and a unit are wanted: 14 d, 2 wk, 4 h, 30 min; or 0.")
    sign, parts = match.groups()
    length = timedelta()
    for number, unit in re.findall(r"(\d+)\s*([a-z]+)", parts):
        size = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
        if size is None:
            raise ValueError(f"“{unit}” is no unit: wk, d, h and min are.")
        length += int(number) * size
    if length > _LONGEST:
        raise ValueError("This is longer than 100 years.")
    return -length if sign in ("-", _MINUS) else length


def _edge(length: timedelta | None, sign: str) -> str:
    if length is None:
        return "open"
    return f"{sign}{length_words(length)}" if length else "0"
