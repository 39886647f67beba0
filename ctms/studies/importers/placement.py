"""Placing scheduled instances on days: from day 0 along their timings."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ctms.core.wording import counted, listed

from .durations import LONGEST
from .findings import Findings
from .timings import Timing

DAY_0 = timedelta(0)


def place(
    order: Sequence[str], timings: Mapping[str, Timing], names: Mapping[str, str], findings: Findings
) -> dict[str, timedelta | None]:
    """The time of each instance from day 0; None where the file does not tell.

    Day 0 is the first fixed reference along the timeline. Nothing is ever put there for want of a better day.
    """
    anchors = [key for key in order if key in timings and timings[key].relation == "ANCHOR"]
    days: dict[str, timedelta | None] = dict.fromkeys(anchors)
    if anchors:
        days[anchors[0]] = DAY_0
    else:
        findings.add("NO_ANCHOR", "timings", "No contact is marked as the fixed reference, so nothing has a day.")
    for other in anchors[1:]:
        message = f'It is a fixed reference besides "{names[anchors[0]]}", which is day 0; it was not placed.'
        findings.add("ANCHOR_EXTRA", f"timing {timings[other].name}", message)
    for key in order:
        _resolve(key, days, timings, names, findings)
    return days


def _resolve(
    key: str,
    days: dict[str, timedelta | None],
    timings: Mapping[str, Timing],
    names: Mapping[str, str],
    findings: Findings,
) -> None:
    """Add the day of the instance, and of those it is measured from."""
    chain: dict[str, Timing] = {}
    while key not in days and key not in chain and key in timings:
        chain[key] = timings[key]
        key = timings[key].reference or ""
    if key in chain:
        circle = [names[member] for member in list(chain)[list(chain).index(key) :]]
        findings.add("TIMING_CIRCLE", f"timing {timings[key].name}", _circle(circle))
    day = days.get(key)
    for member, timing in reversed(chain.items()):
        day = None if day is None or timing.offset is None else day + timing.offset
        if day is not None and abs(day) > LONGEST:
            findings.add("DAY_IMPLAUSIBLE", f"timing {timing.name}", "It lies more than 100 years from day 0.")
            day = None
        days[member] = day


def _circle(names: list[str]) -> str:
    if len(names) == 1:
        return f'"{names[0]}" is measured from itself, so it has no day.'
    return f"{listed(names)} are measured from each other in a circle, so they have no day."


def report_unplaced(
    contacts: Sequence[str],
    days: Mapping[str, timedelta | None],
    timings: Mapping[str, Timing],
    names: Mapping[str, str],
    findings: Findings,
) -> None:
    """Say which contacts have no day, and why."""
    unplaced = [(number, key) for number, key in enumerate(contacts, start=1) if days.get(key) is None]
    if not unplaced:
        return
    message = f"{len(unplaced)} of {counted(len(contacts), 'contact')} have no day: enter them by hand."
    findings.add("DAYS_MISSING", "timings", message)
    for number, key in unplaced:
        findings.add("DAY_MISSING", f"contact {number}, {names[key]}", _why(timings.get(key), days, names))


def _why(timing: Timing | None, days: Mapping[str, timedelta | None], names: Mapping[str, str]) -> str:
    if timing is None:
        return "No timing places it."
    if timing.relation == "ANCHOR":
        return f"Timing {timing.name} makes it a fixed reference of its own."
    if timing.relation is None or timing.offset is None:
        return f"Timing {timing.name} cannot be followed."
    if timing.reference is None or timing.reference not in names:
        return f"Timing {timing.name} measures it from something that is not on the main timeline."
    if days.get(timing.reference) is None:
        return f'Timing {timing.name} measures it from "{names[timing.reference]}", which has no day.'
    return f"Timing {timing.name} puts it too far away."
