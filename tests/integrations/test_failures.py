"""Feeds that fail, and feeds that meet: a sentence and a rest, nothing undone that people did, no fact lost."""

import threading
from dataclasses import replace
from datetime import timedelta

import httpx
import orjson
import pytest
from django.db import connection as database
from django.db import transaction

from ctms.accounts.models import Sponsor
from ctms.core.acting import in_sponsor
from ctms.integrations import ports, wording
from ctms.integrations.etmf.vault import Vault
from ctms.integrations.models import Connection, FeedCursor, FeedItem, FeedRun, Format
from ctms.integrations.ports import Fact, FeedFailed
from ctms.integrations.services import connections as services
from ctms.integrations.services.feeding import read_connection
from ctms.integrations.simulators.serving import TOKEN
from ctms.studies.connection_forms import MappingForm
from enrollment.models import Subject
from tests.calendar import SHOWN_FROM
from tests.conftest import act
from tests.outside import connect
from tests.telling import Tells, page, read, subject

pytestmark = pytest.mark.shows("04-2")


class Meanwhile(Tells):
    """Something happens while it is asked, and then it fails."""

    def __init__(self, deed, error):
        super().__init__()
        self.deed, self.error = deed, error

    def pull(self, resource, cursor):
        if resource == self.resource:
            self.deed()
        raise self.error
        yield


@pytest.mark.django_db
def test_what_nobody_foresaw_ends_in_a_sentence_and_a_rest_and_repeats_nothing_that_was_read(north, now, caplog):
    edc = connect(Format.RWS)
    for _ in range(3):
        run = read(edc, Meanwhile(lambda: None, KeyError("Arm B of the trial")), now)
    assert (run.status, run.sentence) == ("FAILED", "Reading it failed here (KeyError); the server's log says where.")
    assert not FeedRun.objects.filter(status="RUNNING").exists()
    assert FeedCursor.objects.get(resource="subjects").rests_until == now + timedelta(minutes=5)
    assert "in pull" in caplog.text
    assert "Arm B" not in caplog.text


@pytest.mark.django_db
def test_a_record_that_several_runs_refused_is_listed_once(north, now):
    edc = connect(Format.RWS)
    for version in (1, 2):
        moment = now + timedelta(hours=version)
        said = replace(subject("1", moment, day="2024-02-31"), version=version)
        read(edc, Tells(page(said, at=moment)), moment)
    assert FeedItem.objects.count() == 2
    (item,) = wording.once_each(FeedItem.objects.all())
    assert (item.times, item.received_at) == (2, moment)
    assert wording.counts_of(FeedItem.objects.all()) == {edc.pk: "1 record, in 2 messages"}
    assert wording.called(item) == f"Subject is known there, {item.subject}, 2024-02-31"


def test_a_mapping_is_typed_in_the_words_of_pages_and_kept_in_codes():
    content = ports.receiver().proposal(Format.RWS)
    typed = {name: field.initial for name, field in MappingForm(content).fields.items()}
    assert "Discontinued = Withdrawn" in typed["statuses"].splitlines()
    again = MappingForm(content, typed)
    assert again.is_valid()
    assert again.content() == content


@pytest.mark.django_db
def test_a_failure_undoes_nothing_that_people_did_meanwhile(north, now, mara):
    edc = connect(Format.RWS)
    refused, late = FeedFailed("No.", worth_retrying=False), FeedFailed("Later.", worth_retrying=True)

    def credentials():
        with act(mara):
            given = {"user": "u", "password": "new"}
            services.set_credentials(connection=edc, credentials=given, by=mara, at=now + timedelta(seconds=1))

    def accepted():
        FeedCursor.objects.filter(connection=edc).update(drop_accepted=True)

    def soon():
        with act(mara):
            services.read_soon(connection=edc, by=mara)

    read(edc, Meanwhile(credentials, refused), now)
    cursor = FeedCursor.objects.get(resource="subjects")
    assert (cursor.needs_person, cursor.sentence) == (False, "No.")
    moment = now + timedelta(minutes=1)
    for _ in range(2):
        read(edc, Meanwhile(accepted, late), moment)
    cursor.refresh_from_db()
    assert (cursor.drop_accepted, cursor.rests_until) == (True, moment + timedelta(minutes=5))
    read(edc, Meanwhile(soon, late), now + timedelta(hours=1))
    cursor.refresh_from_db()
    assert (cursor.failures, cursor.rests_until) == (4, None)


def test_rows_of_a_vault_that_are_no_objects_are_put_aside_and_replies_built_otherwise_fail():
    vault = Vault("http://v", "S", credentials={"user": "u"})
    said = vault.read("documents", orjson.dumps({"responseStatus": "SUCCESS", "data": [None, "x", {}]}))
    assert [one.reason for one in said.unusable[:2]] == ["It is no JSON object."] * 2
    for reply in ({"data": {"id": 1}}, {"responseDetails": [1]}):
        with pytest.raises(FeedFailed, match="not built as"):
            vault.read("documents", orjson.dumps({"responseStatus": "SUCCESS", **reply}))


@pytest.mark.django_db(transaction=True)
def test_two_feeds_of_a_study_at_once_lose_no_fact_of_each_other(django_db_setup, monkeypatch):
    """The second is taken while the first is not committed yet."""
    sponsor, at, errors = Sponsor.objects.get(code="north").pk, SHOWN_FROM, []
    said = {"place": "US-008", "subject": "S-1"}
    with in_sponsor(sponsor), transaction.atomic():
        edc, irt = connect(Format.RWS), connect(Format.CTMS_IRT_1)
    with in_sponsor(sponsor):
        read(edc, Tells(page(subject("1", at), at=at)), at)
    apply, first_is_in = ports.receiver().apply, threading.Event()

    def slow(cursor, connection, content):
        apply(cursor, connection, content)
        if connection.pk == edc.pk:
            first_is_in.set()
            for _ in range(50):  # until the second waits for us
                cursor.execute("select pg_sleep(0.1), exists (select from pg_locks where not granted)")
                if cursor.fetchone()[1]:
                    return

    def work(connection: Connection, resource: str, fact: Fact) -> None:
        try:
            with in_sponsor(sponsor):
                assert read(connection, Tells(page(fact, at=at), resource=resource), at).status == "DONE"
        except BaseException as error:  # noqa: BLE001 - shown below, in the test's own thread
            errors.append(error)
        finally:
            database.close()

    monkeypatch.setattr(ports.receiver(), "apply", slow)
    consent = Fact("c", "DAY", 1, at, event="DM.ICFDT", day="2024-02-02", **said)
    randomised = Fact("e", "DAY", 1, at, event="subject_randomised", day="2024-02-11", **said)
    one = threading.Thread(target=work, args=(edc, "audits", consent))
    other = threading.Thread(target=work, args=(irt, "events", randomised))
    one.start()
    assert first_is_in.wait(20)
    other.start()
    one.join()
    other.join()
    assert errors == []
    with in_sponsor(sponsor), transaction.atomic():
        days = Subject.objects.values_list("consented_on", "randomised_on").get()
    assert [str(day) for day in days] == ["2024-02-02", "2024-02-11"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_has_the_credentials_also_outside_of_a_transaction(django_db_setup):
    asked = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Authorization", ""))
        return httpx.Response(403)

    with in_sponsor(Sponsor.objects.get(code="north").pk):
        with transaction.atomic():
            irt = connect(Format.CTMS_IRT_1)
        (run,) = read_connection(irt, now=lambda: SHOWN_FROM, transport=httpx.MockTransport(answered))
    assert (asked, run.status) == ([f"Bearer {TOKEN}"], "FAILED")
