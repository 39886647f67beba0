"""Milestones in words, for pages and files."""

from typing import Any

from ctms.milestones.models import Milestone, State

TONES = {
    State.REACHED: "ok", State.ON_TRACK: "info", State.LATE: "watch", State.OVERDUE: "bad", State.UNPLANNED: "mute",
    State.PASSED: "mute", State.NOT_EXPECTED: "mute",
}  # fmt: skip


def state_words(milestone: Any) -> str:
    """The state of a milestone that was `looked_at`."""
    return str(State(milestone.state).label)


def tone(milestone: Any) -> str:
    return TONES[State(milestone.state)]


def slip_words(milestone: Any) -> str:
    """How far behind its baseline or plan: "+12 d"; "" where nobody can say."""
    if milestone.slip is None or milestone.state in (State.NOT_EXPECTED, State.PASSED):
        return ""
    return days_words(milestone.slip)


def days_words(days: int) -> str:
    """Later or earlier by so many days: "+12 d"."""
    sign = "+" if days > 0 else "\N{MINUS SIGN}" if days < 0 else ""
    return f"{sign}{abs(days)} d"


def why(milestone: Milestone) -> str:
    """Who says that it was reached, or what makes the forecast what it is."""
    outlook = milestone.outlook
    if outlook.actual_on:
        by_hand = "By hand, though a system should say so. " if milestone.is_by_hand else ""
        return f"{by_hand}{outlook.source}"
    if outlook.because or milestone.state not in (State.OVERDUE, State.LATE):  # type: ignore[attr-defined]
        return outlook.because
    return "Nobody has said why yet"
