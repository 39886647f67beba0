"""From another system's reply to counts here, the whole line, and what must not come along on it."""

import zlib

import pytest
from django.db import connection as database
from django.db import transaction

from ctms.core.refusals import Refusal
from ctms.demo.calendar import TODAY
from ctms.demo.history import approve_schedule
from ctms.demo.pen import Pen
from ctms.integrations.models import FeedPayload, Format, SourceFact
from ctms.integrations.simulators.rave import PLANTED, PLANTED_ARM
from ctms.studies.models import Study
from enrollment.models import COUNTED, Subject, SubjectVisit
from enrollment.queries import NO_VISIT, subject_counts, visit_states
from enrollment.services.counts import fold_counts, wrong_counts
from enrollment.services.definitions import define_enrolled
from sites.models import Site
from tests.conftest import act, person, signed_in
from tests.outside import Outside
from tests.seed import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-2")]


def here() -> dict[str, dict[str, int]]:
    """Counts by site number, as our pages have them."""
    numbers = dict(Site.objects.values_list("pk", "number"))
    return {numbers[row["site"]]: row for row in subject_counts(Site.objects.all()) if row["subjects"]}


def expected(truth: dict) -> dict[str, dict[str, int]]:
    """The truth file's counts, less the discrepancies that were put there."""
    counts = {site: dict(said) for site, said in truth["counts"].items()}
    for planted in truth["planted"]:
        for name, effect in planted["effect"].items():
            counts[planted["site"]][name] += effect
    return {site: said for site, said in counts.items() if said["subjects"]}


def test_counts_equal_the_truth_but_for_what_was_planted(north, mara, caplog):
    caplog.set_level("DEBUG")
    approve_schedule(person("petra"), Pen(PASSWORD))
    outside = Outside(size=6)
    for format in (Format.RWS, Format.CTMS_IRT_1, Format.VAULT):
        for run in outside.read(outside.connect(format)):
            assert (run.status, run.sentence) == ("DONE", "")
            assert (run.received, run.refused + run.dead + run.pending) == (run.applied + run.unchanged, 0)
    truth = outside.world.truth()
    assert {one["kind"] for one in truth["planted"]} >= {"UNKNOWN_TO_EDC", "NOT_RANDOMISED_IN_IRT"}
    wanted = expected(truth)
    assert {site: {name: said[name] for name in wanted[site]} for site, said in here().items()} == wanted
    assert wrong_counts() == []
    assert fold_counts()
    assert {site: {name: said[name] for name in wanted[site]} for site, said in here().items()} == wanted
    folders = visit_states(SubjectVisit.objects.filter(visit=None), on=TODAY)
    assert set(folders.values_list("code", "state")) == {("SUBJECT", NO_VISIT)}
    study = Study.objects.get()
    with act(mara):
        define_enrolled(study=study, milestone="CONSENTED", by=mara)
    assert {site: said["enrolled"] for site, said in here().items()} == {
        site: said["consented"] for site, said in wanted.items()
    }
    assert Subject.objects.exclude(enrolled_on=None).count() == sum(said["consented"] for said in wanted.values())
    with pytest.raises(Refusal, match="already"), act(mara):
        define_enrolled(study=study, milestone="CONSENTED", by=mara)
    words = [*PLANTED.values(), PLANTED_ARM]
    assert stored(words) == []
    assert not [word for word in words if word in caplog.text]
    pages = ("enrollment/", "subjects/?format=csv", "subjects/visits/?format=csv", "sources/", "audit/")
    browser = signed_in("mara")
    for page in pages:
        said = browser.get(f"/in/north/s/{study.slug}/{page}")
        body = b"".join(said.streaming_content) if said.streaming else said.content
        assert said.status_code == 200, page
        assert not [word for word in words if word.encode() in body], page


def stored(words: list[str]) -> list[str]:
    """The tables in which one of these words stands, in whatever column; compressed replies are opened."""
    found = []
    with transaction.atomic(), database.cursor() as cursor:
        cursor.execute("select table_name from information_schema.tables where table_schema = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute("select has_table_privilege(%s, 'select')", [table])
            if cursor.fetchone()[0]:
                patterns = [f"%{word}%" for word in words]
                cursor.execute(f'select exists (select from "{table}" t where t::text like any(%s))', [patterns])
                found += [table] * cursor.fetchone()[0]
    for payload in FeedPayload.objects.all():
        kept = zlib.decompress(payload.content).decode()
        found += [f"reply {payload.pk}" for word in words if word in kept]
    return found


def test_the_check_itself_would_find_a_stored_value(north):
    assert SourceFact.objects.count() == 0
    assert stored([Study.objects.get().protocol_no]) != []
    assert COUNTED
