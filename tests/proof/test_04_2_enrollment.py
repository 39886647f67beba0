"""Discrepancies in larger worlds: each planted one is found and classified, none is false; and bands hold 80 %."""

from datetime import timedelta
from random import Random

import pytest
from django.db import transaction

from ctms.demo.history import approve_schedule
from ctms.demo.pen import Pen
from ctms.integrations.models import Format
from enrollment.forecast import ComingSite, OpenSite, expected, prior_from
from enrollment.models import Discrepancy, Subject
from tests.conftest import person
from tests.enrollment.test_reconciliation import planted, standing
from tests.outside import Outside
from tests.proof.__main__ import SEED
from tests.seed import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-2")]
SIZE, WORLDS, TRIALS = 40, 3, 2_000


def test_every_planted_discrepancy_is_found_and_none_besides(north, measured):
    approve_schedule(person("petra"), Pen(PASSWORD))
    found = missed = false = left = subjects = clean = 0
    for world in range(WORLDS):
        with transaction.atomic():
            outside = Outside(size=SIZE)
            outside.options["seed"] = SEED + world
            outside.look()
            connections = [outside.connect(format) for format in (Format.RWS, Format.CTMS_IRT_1)]
            for connection in connections:
                outside.read(connection)
            wanted, here = planted(outside), standing()
            subjects += Subject.objects.count()
            found, missed, false = found + len(wanted & here), missed + len(wanted - here), false + len(here - wanted)
            later = outside.world.now + timedelta(days=1)
            outside.options["mended_at"] = outside.world.now + timedelta(hours=2)
            outside.look(later)
            for connection in connections:
                outside.read(connection, at=later)
            left += len(standing())
            transaction.set_rollback(True)
    with transaction.atomic():
        outside = Outside(is_planted=False, size=SIZE)
        for format in (Format.CTMS_IRT_1, Format.RWS):
            outside.read(outside.connect(format))
        clean = Discrepancy.objects.count()
        transaction.set_rollback(True)
    measured(f"planted discrepancies found among {subjects:,} subjects of {WORLDS} worlds", found, ">= 18", found >= 18)
    measured("planted ones missed", missed, 0, missed == 0)
    measured("false ones", false, 0, false == 0)
    measured("left after the source was put right and read again", left, 0, left == 0)
    measured("in a world with nothing planted", clean, 0, clean == 0)


def _arrivals(chance: Random, rate: float, months: float) -> int:
    number, at = 0, chance.expovariate(rate)
    while at < months:
        number, at = number + 1, at + chance.expovariate(rate)
    return number


def _holds(chance: Random) -> bool:
    """One simulated trial, some way into it: whether what came in the next half year lies in the band of then."""
    shape, mean, now, horizon = chance.uniform(1, 3), chance.uniform(0.4, 2), chance.uniform(6, 14), 6.0
    sites, coming, actual = [], [], 0
    for _ in range(chance.choice((15, 30, 60, 120))):
        opens, rate = chance.uniform(0, 18), chance.gammavariate(shape, mean / shape)
        if opens < now:
            sites.append(OpenSite(now - opens, _arrivals(chance, rate, now - opens)))
            actual += _arrivals(chance, rate, horizon)
        else:
            earliest = max(opens - now - chance.uniform(0, 2), 0.0)
            coming.append(ComingSite(earliest, earliest + 2))
            actual += _arrivals(chance, rate, horizon - chance.uniform(earliest, earliest + 2))
    prior = prior_from(sites)
    if prior is None:  # nobody enrolled yet, so nothing is said
        return _holds(chance)
    said = expected(sites, coming, prior, horizon)
    return said.low <= actual <= said.high


def test_the_band_holds_as_often_as_it_says(measured):
    chance = Random(SEED)
    share = sum(_holds(chance) for _ in range(TRIALS)) / TRIALS
    measured(f"share of {TRIALS:,} simulated trials within the 80 % band", share, "0.75 to 0.85", 0.75 <= share <= 0.85)
