"""Rave's public client, which nobody here wrote, at our simulator; recorded replies through the adapter to the rows."""

import resource

import httpx
import pytest
import requests
from django.db import transaction
from rwslib import AuthorizationException, RWSConnection
from rwslib.extras.audit_event.main import ODMAdapter
from rwslib.rws_requests import ClinicalStudiesRequest, StudySubjectsRequest, TwoHundredRequest, VersionRequest
from rwslib.rws_requests.odm_adapter import SitesMetadataRequest
from rwslib.rwsobjects import RWSException

from ctms.core.acting import on_simulated_day
from ctms.integrations.edc.odm import attributes, children, parsed
from ctms.integrations.edc.rws import Rws
from ctms.integrations.irt.ctms_irt_1 import CtmsIrt1
from ctms.integrations.models import FeedItem, FeedRun, Format, SourceFact
from ctms.integrations.ports import Fact, FeedFailed
from ctms.integrations.services import connections as services
from ctms.integrations.services.feeding import read_connection
from ctms.integrations.simulators.serving import PASSWORD, USER
from enrollment.models import Subject
from tests.conftest import act, person
from tests.data import odm_file, odm_files
from tests.integrations.test_adapters import RWS, SUBJECTS
from tests.outside import Outside, connect, served, sign

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-3")]
MOST_MEGABYTES = 200


class Listens:
    """Counts the audit records that rwslib makes of what it reads."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}
        self.numbers: list[int] = []

    def default(self, context) -> None:
        self.seen[context.subcategory] = self.seen.get(context.subcategory, 0) + 1
        self.numbers.append(int(context.audit_record.source_id))


def test_rwslib_works_unmodified(north, measured):
    outside = Outside(size=12)
    outside.world.subjects  # noqa: B018 - worked out here: the server's threads have no database
    with served(outside.simulators) as address:
        rave = RWSConnection(address, USER, PASSWORD)
        assert rave.send_request(VersionRequest()) == "1.8.0"
        rave.send_request(TwoHundredRequest())
        (study,) = rave.send_request(ClinicalStudiesRequest())
        name = (study.oid, study.protocolname, study.environment)
        measured("studies", name, "its OID, number, environment", name == ("D3460C00002(Prod)", "D3460C00002", "Prod"))
        known = [one for one in outside.world.subjects if one.known_to_edc]
        listed = [(one.number.lower(), one.site) for one in known]
        listed += [(one.number.lower(), one.edc_also_at) for one in known if one.edc_also_at]
        for kind in StudySubjectsRequest.SUBJECT_KEY_TYPES:
            asked = StudySubjectsRequest(
                "D3460C00002", "Prod", status=True, include="inactiveAndDeleted", links=True, subject_key_type=kind
            )
            said = rave.send_request(asked)
            assert sorted((one.subject_name.lower(), one.locationoid) for one in said) == sorted(listed)
            assert {one.touched for one in said} == {True}
        measured("subjects with status", len(said), len(listed), len(said) == len(listed) > 50)
        sites = parsed(rave.send_request(SitesMetadataRequest("D3460C00002", "Prod")).encode())
        found = {
            attributes(one)["OID"] for admin in children(sites, "AdminData") for one in children(admin, "Location")
        }
        opened = {site.number for site in outside.world.published.sites if site.activated_on}
        measured("sites", len(found), len(opened), found == opened)
        heard, records = Listens(), outside.simulators._systems["rave"].audits()
        ODMAdapter(rave, "D3460C00002", "Prod", heard, mode="enhanced").run(start_id=1, per_page=100)
        measured("audit records over pages of 100", len(heard.numbers), len(records),
                 heard.numbers == [number for number, _ in records])  # fmt: skip
        assert {"Entered", "SubjectStatusChanged", "QueryOpen", "Verify"} <= set(heard.seen)
        with pytest.raises(RWSException, match="Study not found") as refused:
            rave.send_request(StudySubjectsRequest("Other", "Prod"))
        measured("error document", refused.value.rws_error.reasoncode, "RWS00012",
                 refused.value.rws_error.reasoncode == "RWS00012")  # fmt: skip
        with pytest.raises(RWSException, match="Incorrect login"):
            RWSConnection(address, USER, "wrong").send_request(ClinicalStudiesRequest())
        with pytest.raises(AuthorizationException):
            RWSConnection(address).send_request(ClinicalStudiesRequest())
        assert "SIMULATOR" in requests.get(f"{address}/RaveWebServices/studies", auth=(USER, PASSWORD), timeout=9).text


def test_every_recorded_reply_reaches_its_rows_or_a_sentence(north, now, measured):
    right, connection, mara = [], connect(Format.RWS), person("mara")
    places = {fact.place for name in odm_files() for fact in _facts_of(odm_file(name)) if fact.place}
    with act(mara):
        content = {**connection.mappings.get().content, "sites": dict.fromkeys(sorted(places), "US-008")}
        draft = services.draft_mapping(connection=connection, content=content, by=mara)
    sign(draft)
    for name in odm_files():
        for mark in (b"", b"\xef\xbb\xbf"):
            with transaction.atomic():
                if _rows_of(connection, mark + odm_file(name), SUBJECTS[name], now):
                    right.append(name)
                transaction.set_rollback(True)
    wrong = sorted(set(SUBJECTS) - set(right))
    measured("recorded replies with the right rows or sentence", len(right), 2 * len(SUBJECTS), not wrong)


def _facts_of(body: bytes) -> tuple[Fact, ...]:
    try:
        return RWS.read("subjects", body).facts
    except FeedFailed:
        return ()


def _rows_of(connection, body: bytes, expected, now) -> bool:
    """Whether reading this reply as the list of subjects leaves just these facts, subjects, items and counts."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=body))
    with transaction.atomic(), on_simulated_day(now):
        read_connection(connection, now=lambda: now, transport=transport, wait=lambda seconds: None)
    run = FeedRun.objects.get(resource="subjects")
    rows = sorted(SourceFact.objects.filter(resource="subjects").values_list("subject", "place", "state"))
    items = FeedItem.objects.filter(resource="subjects")
    if isinstance(expected, str):
        return (run.status, run.sentence, rows, items.count()) == ("FAILED", expected, [], 0)
    readable, unreadable = expected
    told = sorted((fact.subject, fact.place, fact.state) for fact in _facts_of(body) if fact.place)
    subjects = sorted(Subject.objects.values_list("number", "site__number"))
    return (
        (run.status, run.received, run.applied) == ("DONE", readable + unreadable, len(told))
        and rows == told
        and subjects == sorted({(subject, "US-008") for subject, _, _ in told})
        and items.count() == unreadable + readable - len(told)
    )


def test_hostile_replies_cost_no_memory(measured):
    rws, irt = Rws("http://x", "S(Prod)", credentials={}), CtmsIrt1("http://x", "S", credentials={})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = 0
    for read, body in (
        (rws, b"<ODM>" + b"<a>" * 10_000 + b"</a>" * 10_000 + b"</ODM>"),
        (rws, b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 1000 + b'">]><ODM>' + b"&x;" * 100_000 + b"</ODM>"),
        (rws, b"<ODM>" + b"x" * 10_000_000),
        (irt, b"[" * 10_000), (irt, b'{"events": ' + b'{"a": ' * 10_000), (irt, b"{" + b'"a": NaN, ' * 10),
        (irt, b'{"events": "' + b"x" * 10_000_000 + b'"}'), (irt, b'{"as_of": "\xff"}'),
        (irt, b'{"events": [], "blinding": "blinded", "as_of": "2024-02-30T25:00:00"}'),
    ):  # fmt: skip
        with pytest.raises(FeedFailed):
            read.read("subjects", body)
        refused += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    measured("hostile replies refused", refused, 9, refused == 9)
    measured("memory they cost, MB", round(grown), MOST_MEGABYTES, grown < MOST_MEGABYTES)
