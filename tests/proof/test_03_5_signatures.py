"""A hundred changes of signed content break a hundred signatures; one hash wherever it is worked out; the document."""

import io
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.utils import timezone, translation
from pypdf import PdfReader

from audit.models import Signature
from audit.signed import shown_under
from ctms.core.signables import sha256, signed
from ctms.run.places import ROOT
from ctms.studies.models import ContactActivity, ScheduledActivity, ScheduledContact, ScheduledVisit, VisitSchedule
from ctms.studies.services.schedules import move_schedule
from sites.models import Facility, Site, SiteEvidence
from tests.conftest import act, signed_in
from tests.signing import proof

pytestmark = [pytest.mark.django_db, pytest.mark.shows("03-5")]
SEED, HOW_MANY = 20_240_311, 100
GOLDEN = {
    "id": 7,
    "content": {"€": "Euro", "\r": "CR", "ö": "é", "1": "−1 d 4 h", "\U0001f600": None, "ﬁ": [True, 10**15, ""]},
}
# In the order of RFC 8785: by UTF-16 units, so the emoji, a surrogate pair, stands before U+FB01.
GOLDEN_HASH = "d73bbbe6932322c3cb1e5fc35b79f0f97743dea8059548a083082c69f8c8fc07"


@pytest.fixture
def schedule(north, mara, now) -> VisitSchedule:
    """The seeded schedule, approved."""
    found: VisitSchedule = VisitSchedule.objects.get(number=1)
    with act(mara):  # days for the contacts whose source gives none
        ScheduledContact.objects.filter(schedule=found, day=None).update(day=timedelta(days=400))
    signature = proof(found, mara, now)
    with act(mara):
        return move_schedule(schedule=found, move="approve", reason="Read", by=mara, proof=signature)


def other(value: Any, dice: random.Random) -> Any:
    """Another value of the same kind."""
    if isinstance(value, timedelta) or value is None:
        return (value or timedelta()) + timedelta(minutes=dice.randint(1, 9999))
    if isinstance(value, list):
        return [*value, "Telephone Call" + str(dice.random())]
    if isinstance(value, int):
        return value + 20_000
    return f"{value}{dice.choice(' .x')}"


def mutations(schedule: VisitSchedule, dice: random.Random) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What was changed, and how, without end: any field of any row that was signed."""
    texts = {
        ScheduledVisit: ("label", "code", "epoch", "position"),
        ScheduledActivity: ("name", "position"),
        ScheduledContact: ("label", "code", "epoch", "position", "modes", "offset_text", "offset", "day",
                           "window_before", "window_after", "repeat_every", "repeat_condition"),
    }  # fmt: skip
    fields: list[tuple[type[models.Model], str]] = [(model, name) for model, names in texts.items() for name in names]
    fields += [(VisitSchedule, "number"), (VisitSchedule, "source_study"), (ContactActivity, "position")]
    while True:
        model, name = dice.choice(fields)
        rows: Any = model.objects.filter(**{"pk" if model is VisitSchedule else "schedule": schedule.pk})  # type: ignore[attr-defined]
        row = dice.choice(list(rows.order_by("pk")))
        value = None if model is ContactActivity else other(getattr(row, name), dice)  # taken out of its contact
        yield (
            f"{row._meta.model_name} {row.pk} {name}",
            lambda row=row, name=name, value=value: type(row).objects.filter(pk=row.pk).update(**{name: value}),
        )


def test_every_change_of_signed_content_breaks_the_signature(schedule, mara, measured):
    broken, changes = 0, mutations(schedule, random.Random(SEED))
    for _ in range(HOW_MANY):
        what, change = next(changes)
        with transaction.atomic():
            with act(mara):
                assert change() == 1, what
            (one,) = shown_under(VisitSchedule.objects.get(pk=schedule.pk))
            assert one.is_broken, what
            assert one.changes, what
            broken += 1
            transaction.set_rollback(True)
    measured(f"signatures broken by {HOW_MANY} random changes, seed {SEED}", broken, HOW_MANY, broken == HOW_MANY)
    assert not shown_under(schedule)[0].is_broken


def test_what_a_selection_rests_on(north, mara, measured):
    site = Site.objects.filter(pk__in=Signature.objects.filter(model="sites.Site").values("object_id")).first()
    assert not shown_under(site)[0].is_broken
    facts = SiteEvidence.objects.filter(site=site, code__startswith="SQV")
    ways: list[Callable[[], Any]] = [
        lambda: Facility.objects.filter(pk=site.facility_id).update(name="Another hospital"),
        lambda: Facility.objects.filter(pk=site.facility_id).update(city="Elsewhere"),
        lambda: Site.objects.filter(pk=site.pk).update(number="ZZ-999"),
        lambda: SiteEvidence.objects.create(
            sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, code=facts[0].code, reference="eTMF",
            occurred_on=facts[0].occurred_on, recorded_at=facts[0].recorded_at, replaces=facts[0], withdrawn=True,
        ),
    ]  # fmt: skip
    for way in ways:
        with transaction.atomic():
            with act(mara):
                way()
            assert shown_under(Site.objects.get(pk=site.pk))[0].is_broken
            transaction.set_rollback(True)
    measured("ways to change what a selection rests on, noticed", len(ways), len(ways), True)


def test_one_hash_in_every_zone_language_and_process(schedule, measured):
    hashes, places = set(), 0
    for zone in ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"):
        for language in ("en", "de", "ar", "ja", "tr"):
            with connection.cursor() as cursor, timezone.override(zone), translation.override(language):
                cursor.execute("select set_config('TimeZone', %s, true)", [zone])
                hashes.add(sha256(signed(VisitSchedule.objects.get(pk=schedule.pk))))
                places += 1
    assert len(hashes) == 1
    assert hashes == {Signature.objects.get(model="studies.VisitSchedule").content_sha256}
    program = f"from ctms.core.signables import sha256; print(sha256({GOLDEN!r}))"
    for zone, locale, seed in (("Asia/Tokyo", "tr_TR.UTF-8", "1"), ("America/Lima", "C", "2"), ("UTC", "POSIX", "3")):
        environment = {"PATH": os.environ["PATH"], "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        assert done.stdout.strip() == GOLDEN_HASH
        places += 1
    measured("hashes over zones, languages and processes", len(hashes), 1, places == 23)


@pytest.mark.requirement("P11-50a-1")
@pytest.mark.parametrize("is_broken", [False, True], ids=["holding", "broken"])
def test_the_document_says_who_when_what_and_the_hash(schedule, mara, measured, is_broken):
    one = Signature.objects.get(model="studies.VisitSchedule")
    if is_broken:
        with act(mara):
            ScheduledVisit.objects.filter(schedule=schedule, position=1).update(label="Renamed since")
            type(mara).objects.filter(pk=mara.pk).update(full_name="Mara Married")
    answer = signed_in("mara").get(f"/in/north/signatures/{one.pk}/pdf/")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split())
    wanted = [
        "Mara Lindqvist", "Study manager", "Approval", "11 Mar 2024 08:00 UTC", "11 Mar 2024 09:00 CET",
        "Europe/Stockholm", one.content_sha256[:12],
        "Signature broken" if is_broken else "Electronically signed in the CTMS",
        *(["Renamed since"] if is_broken else ["Simulated data"]),
    ]  # fmt: skip
    missing = [words for words in wanted if words not in text]
    measured("what a signature must say, missing in the PDF", missing, [], not missing)
