"""The timings of a USDM timeline: how far one scheduled instance is from another, and within which window."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from ctms.core.wording import counted

from .durations import DAYS_PER_MONTH, DAYS_PER_YEAR, Duration, parse_duration
from .findings import Findings
from .node import Node
from .schedule import Relation

_RELATIONS: Mapping[str, Relation] = {
    "C201356": "AFTER",
    "C201357": "BEFORE",
    "C201358": "ANCHOR",
    "AFTER": "AFTER",
    "BEFORE": "BEFORE",
    "FIXED REFERENCE": "ANCHOR",
}
_START_TO_START = {"C201355", "START TO START"}
# Some tools write their windows here; USDM knows no such fields, and their values are the same for every visit.
_FOREIGN_WINDOWS = ("windowLowerBound", "windowUpperBound")


@dataclass(frozen=True, slots=True)
class Timing:
    """Where one scheduled instance lies. Whatever is unclear in the file is None."""

    name: str
    relation: Relation | None
    reference: str | None  # the instance it is measured from
    offset: timedelta | None  # signed; None for the anchor, whose "P1D" means "day 1", not "a day later"
    offset_iso: str | None
    window_before: timedelta | None
    window_after: timedelta | None
    window_label: str | None

    @property
    def effect(self) -> tuple[object, ...]:
        """What it does to the schedule, in whatever words."""
        return self.relation, self.reference, self.offset, self.window_before, self.window_after


UNTIMED = Timing("", None, None, None, None, None, None, None)


def read_timings(nodes: Iterable[Node], instances: Mapping[str, Node], findings: Findings) -> dict[str, Timing]:
    """The timing of each instance that has one. Where several disagree, the first counts."""
    timings: dict[str, Timing] = {}
    foreign = 0
    for node in nodes:
        name = node.text("name") or node.identifier("id") or node.place
        where = f"timing {name}"
        placed = node.identifier("relativeFromScheduledInstanceId")
        if placed is None or placed not in instances:
            findings.add("TIMING_UNUSED", where, "It places nothing that is on the main timeline.")
            continue
        timing = _timing(node, name, where, findings)
        first = timings.setdefault(placed, timing)
        if first.effect != timing.effect:
            message = f"It places the same contact as timing {first.name}, but differently; {first.name} was followed."
            findings.add("TIMING_CONFLICT", where, message)
        foreign += any(field in node for field in _FOREIGN_WINDOWS)
    if foreign:
        message = f"{counted(foreign, 'timing')} with a window in fields USDM does not define; it was not read."
        findings.add("WINDOW_FOREIGN", " and ".join(_FOREIGN_WINDOWS), message)
    return timings


def _timing(node: Node, name: str, where: str, findings: Findings) -> Timing:
    relation = _relation(node.child("type"), where, findings)
    value = None if relation == "ANCHOR" else _duration(node, "value", where, findings)
    lower = _duration(node, "windowLower", where, findings)
    upper = _duration(node, "windowUpper", where, findings)
    if any(duration and duration.assumed for duration in (value, lower, upper)):
        message = f"Months count as {DAYS_PER_MONTH} days and years as {DAYS_PER_YEAR}, because their length varies."
        findings.add("MONTHS_ASSUMED", where, message)
    return Timing(
        name=name,
        relation=relation,
        reference=None if relation == "ANCHOR" else node.identifier("relativeToScheduledInstanceId"),
        offset=_offset(node, relation, value, where, findings),
        offset_iso=node.identifier("value"),
        window_before=abs(lower.length) if lower else None,  # unsigned in USDM: P3D means three days earlier
        window_after=_later(upper, where, findings),
        window_label=node.text("windowLabel"),
    )


def _relation(kind: Node, where: str, findings: Findings) -> Relation | None:
    code, decode = kind.identifier("code") or "", kind.text("decode") or ""
    names = code.upper(), decode.upper().removesuffix(" TIMING TYPE")
    found = {_RELATIONS[name] for name in names if name in _RELATIONS}
    if len(found) == 1:
        return found.pop()
    stated = " ".join(filter(None, (code, decode))) or "nothing"
    message = f"Its type says {stated}, not clearly Before, After or Fixed Reference; it was not followed."
    findings.add("TIMING_TYPE_UNKNOWN", where, message)
    return None


def _offset(
    node: Node, relation: Relation | None, value: Duration | None, where: str, findings: Findings
) -> timedelta | None:
    if relation not in ("BEFORE", "AFTER"):
        return None
    if node.identifier("value") is None:
        findings.add("DURATION_MISSING", where, "It gives no duration.")
    if value is None:
        return None
    length = value.length
    if length < timedelta(0):
        # "Before" and a minus say the same twice; "After" and a minus contradict each other.
        if relation == "AFTER":
            findings.add("DURATION_NEGATIVE", where, "It says After with a negative duration; it was not followed.")
            return None
        findings.add("DURATION_NEGATIVE", where, "It says Before with a negative duration; it was read as before.")
        length = -length
    return _from_start_to_start(-length if relation == "BEFORE" else length, node, where, findings)


def _from_start_to_start(offset: timedelta, node: Node, where: str, findings: Findings) -> timedelta | None:
    """The offset as it is from start to start, if it is given between other moments of the two visits.

    How long visits last is not in the file. They end on the day they begin, so whole days are the same; hours could
    cross midnight.
    """
    stated = node.child("relativeToFrom")
    code, decode = stated.identifier("code") or "", stated.text("decode") or ""
    if not (code or decode) or _START_TO_START & {code.upper(), decode.upper()}:
        return offset
    measured = f'It is measured "{decode or code}"'
    if offset % timedelta(days=1):
        message = f"{measured} in hours or minutes, and how long visits last is not known; it was not followed."
        findings.add("NOT_START_TO_START", where, message)
        return None
    message = f"{measured}; it was read as start to start, which is the same for visits that end the day they begin."
    findings.add("NOT_START_TO_START", where, message)
    return offset


def _later(upper: Duration | None, where: str, findings: Findings) -> timedelta | None:
    if upper and upper.length < timedelta(0):
        findings.add("WINDOW_NEGATIVE", where, "Its window closes before the planned time; that end was left open.")
        return None
    return upper.length if upper else None


def _duration(node: Node, key: str, where: str, findings: Findings) -> Duration | None:
    text = node.identifier(key)
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        findings.add("DURATION_UNREADABLE", where, f"Its {key} cannot be used: {error}.")
        return None
