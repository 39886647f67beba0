"""Neither text nor time of a failed sign-in tells whether somebody has the name."""

import random
import re
import statistics
import time

import pytest
from django.test import Client

from ctms.accounts.models import WrongSecrets
from ctms.demo.cast import CAST

pytestmark = [pytest.mark.django_db, pytest.mark.shows("03-5"), pytest.mark.requirement("P11-300d-1")]
ATTEMPTS, SEED, BOUND = 200, 35, 0.1


def attempt(browser: Client, name: str) -> tuple[float, int, str]:
    """Seconds, status and body of a wrong sign-in, the body without what differs each time or repeats the name."""
    began = time.perf_counter()
    answer = browser.post("/sign-in/", {"username": name, "password": "a wrong guess of this name"})
    took = time.perf_counter() - began
    body = re.sub(r'"(csrfmiddlewaretoken" value="[^"]+|X-CSRFToken": "[^"]+)"', "", answer.content.decode())
    return took, answer.status_code, body.replace(name, "NAME")


def tried(attempts: int, *, before: int) -> tuple[float, int]:
    """The ratio of median times, existing names to others, and how many answers differed.

    Args:
        before: wrong guesses of the same name before the one that is looked at; five lock it.
    """
    chance, browser = random.Random(SEED), Client()
    known = [person.username for person in CAST]
    times: dict[bool, list[float]] = {True: [], False: []}
    answers = set()
    for turn in range(-2, attempts):
        WrongSecrets.objects.all().delete()
        exists = bool(turn % 2)
        name = chance.choice(known) if exists else "".join(chance.choices("abcdefghij", k=5))
        for _ in range(before):
            attempt(browser, name)
        took, *answer = attempt(browser, name)
        if turn >= 0:  # the first two load what is loaded once
            times[exists].append(took)
            answers.add(tuple(answer))
    return statistics.median(times[True]) / statistics.median(times[False]), len(answers)


def test_two_hundred_guesses_tell_nothing(measured):
    ratio, differing = tried(ATTEMPTS, before=0)
    measured("texts and statuses of 200 failed sign-ins", differing, 1, differing == 1)
    holds = abs(ratio - 1) <= BOUND
    measured("median time, names somebody has to names nobody has", round(ratio, 3), f"1 ± {BOUND}", holds)


def test_a_lock_tells_nothing(measured):
    _, differing = tried(10, before=5)
    measured("texts and statuses of locked names", differing, 1, differing == 1)
