"""The steps of the demo's story: who did what on which day, and how all of it is carried out, day by day.

Nothing is written behind the services' backs: each step is the call that a person's click would make, on its day, under
that person's name, with all rules in force.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ctms.accounts.models import User
from ctms.core.acting import Channel, acting, on_simulated_day
from ctms.demo.calendar import noon
from ctms.demo.pen import Pen

Do = Callable[[User, Any, Pen], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing somebody did on a day.

    Args:
        who: the person's user name.
        reason: theirs, or what the deed is called where they gave none.
        do: does it, given the person, the moment and a pen.
        by_person: whether the reason is the person's own.
        at: at which time of the day.
    """

    day: date
    who: str
    reason: str
    do: Do
    by_person: bool = True
    at: Callable[[date], datetime] = noon


def play(steps: Iterable[Step], people: Mapping[str, User], pen: Pen, *, until: date) -> int:
    """Carries out the steps before a day, in the order of the simulated clock; returns how many."""
    played = 0
    for step in sorted(steps, key=lambda step: step.at(step.day)):  # stable: at one time they keep their order
        if step.day >= until:
            break
        at, by = step.at(step.day), people[step.who]
        with on_simulated_day(at), acting(by, reason=step.reason, channel=Channel.WEB, by_person=step.by_person):
            step.do(by, at, pen)
        played += 1
    return played
