"""The simulated world: the same for ever, gone on and never rewritten, labelled, and not for production."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ctms.integrations.simulators.app import Simulators
from ctms.integrations.simulators.irt import Irt
from ctms.integrations.simulators.published import Published, PublishedSite, PublishedVisit
from ctms.integrations.simulators.rave import Rave
from ctms.integrations.simulators.serving import BASIC, FAULTS, SIMULATOR, TOKEN, Asked
from ctms.integrations.simulators.world import World

BEGAN = date(2024, 1, 2)
VISITS = (PublishedVisit("SCR", "Screening", -14, 0, 0), PublishedVisit("V1", "Visit 1", 0, 0, 0),
          PublishedVisit("V2", "Visit 2", 28, 3, 3))  # fmt: skip


def world(days: int, *, more: tuple[PublishedSite, ...] = (), patience: timedelta | None = None) -> World:
    sites = [site(f"DE-00{number}", BEGAN + timedelta(days=number)) for number in range(1, 7)]
    now = datetime(2024, 1, 2, 20, tzinfo=UTC) + timedelta(days=days)
    return World(Published("S", now, (*sites, *more), VISITS), patience=patience)


def site(number: str, opened: date) -> PublishedSite:
    return PublishedSite(number, "DE", "ACTIVATED", opened, ((opened, None),))


def test_a_later_day_goes_on_from_an_earlier_one():
    early, late = Rave(world(60)).audits(), Rave(world(120)).audits()
    assert late[: len(early)] == early
    assert len(late) > len(early) > 20


@pytest.mark.parametrize("patience", [None, timedelta(days=40)])
def test_what_is_new_on_a_day_stands_behind_all_that_was_there_before(patience):
    """A feed reads on from where it was: what stands before that, it never sees."""
    known: set[int] = set()
    told: set[str] = set()
    planted: set[str] = set()
    for day in range(200):
        now = world(day, patience=patience)
        numbers = {number for number, _ in Rave(now).audits()}
        events = {event["recorded_at"] for event in Irt(now).events()}
        assert not [one for one in numbers - known if one < max(known, default=0)], day
        assert not [one for one in events - told if one < max(told, default="")], day
        known, told = known | numbers, told | events
        planted |= {one.kind for one in now.planted}
    assert planted >= {"BEFORE_ACTIVATION", "UNKNOWN_TO_EDC"}


def test_another_site_changes_nothing_at_the_others():
    alone = world(90).subjects
    joined = world(90, more=(site("FR-001", BEGAN + timedelta(days=30)),)).subjects
    assert [one for one in joined if one.site != "FR-001"] == alone
    assert len(joined) > len(alone)


def test_nobody_enters_where_no_site_is_open():
    closed = PublishedSite("FR-001", "FR", "SELECTED", None, ())
    paused = PublishedSite("FR-002", "FR", "ACTIVATED", BEGAN, ((BEGAN, BEGAN + timedelta(days=30)),))
    there = [one for one in world(400, more=(closed, paused)).subjects if one.site[:2] == "FR"]
    assert {one.site for one in there} == {"FR-002"}
    assert max(one.days["CONSENTED"] for one in there) < BEGAN + timedelta(days=30)


def test_every_payload_says_that_it_is_simulated():
    simulators, study = Simulators(lambda: world(60)), "S"
    for path, signed, more in (
        ("/RaveWebServices/studies", BASIC, {}), (f"/RaveWebServices/studies/{study}(Prod)/subjects", BASIC, {}),
        ("/RaveWebServices/datasets/Sites.odm", BASIC, {"studyoid": f"{study}(Prod)"}),
        ("/RaveWebServices/datasets/ClinicalAuditRecords.odm", BASIC, {"studyoid": f"{study}(Prod)"}),
        ("/irt/v1/studies", f"Bearer {TOKEN}", {}), (f"/irt/v1/studies/{study}/events", f"Bearer {TOKEN}", {}),
        ("/truth", "", {}), ("/faults", "", {}), ("/nowhere", "", {}),
    ):  # fmt: skip
        reply = simulators._answered(Asked("GET", path, more, {}, {"authorization": signed}, "http://x"))
        assert SIMULATOR.encode() in reply.body, path
    assert len(FAULTS) >= 12


def test_they_do_not_run_in_production(monkeypatch):
    monkeypatch.setenv("CTMS_PRODUCTION", "1")
    with pytest.raises(RuntimeError, match="production"):
        Simulators(lambda: world(1))
