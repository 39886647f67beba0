"""Rave's public client, which nobody here wrote, at our simulator; recorded replies through the adapter to the rows."""

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

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
from ctms.integrations.ports import FeedFailed
from ctms.integrations.services.feeding import read_connection
from ctms.integrations.simulators.serving import PASSWORD, USER
from tests.data import odm_file, odm_files
from tests.integrations.test_adapters import SUBJECTS
from tests.outside import Outside, connect

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-3")]
MOST_MEGABYTES = 200


class _Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(application) -> Iterator[str]:
    """The simulators over a real socket."""
    server = make_server("127.0.0.1", 0, application, server_class=_Threaded, handler_class=_Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


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
        known = {one.number.lower(): one for one in outside.world.subjects if one.known_to_edc}
        for kind in StudySubjectsRequest.SUBJECT_KEY_TYPES:
            asked = StudySubjectsRequest(
                "D3460C00002", "Prod", status=True, include="inactiveAndDeleted", links=True, subject_key_type=kind
            )
            said = rave.send_request(asked)
            assert {one.subject_name.lower() for one in said} == set(known)
            assert all(known[one.subject_name.lower()].site == one.locationoid for one in said)
            assert {one.touched for one in said} == {True}
        measured("subjects with status", len(said), len(known), len(said) == len(known) > 50)
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
    right, connection = [], connect(Format.RWS)
    for name in odm_files():
        for mark in (b"", b"\xef\xbb\xbf"):
            with transaction.atomic():
                if _rows_of(connection, mark + odm_file(name), SUBJECTS[name], now):
                    right.append(name)
                transaction.set_rollback(True)
    wrong = sorted(set(SUBJECTS) - set(right))
    measured("recorded replies with the right rows or sentence", len(right), 2 * len(SUBJECTS), not wrong)


def _rows_of(connection, body: bytes, expected, now) -> bool:
    """Whether reading this reply as the list of subjects leaves just these facts, items and counts."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=body))
    with transaction.atomic(), on_simulated_day(now):
        read_connection(connection, now=lambda: now, transport=transport, wait=lambda seconds: None)
    run = FeedRun.objects.get(resource="subjects")
    facts = SourceFact.objects.filter(resource="subjects").count()
    items = FeedItem.objects.filter(resource="subjects")
    if isinstance(expected, str):
        return (run.status, run.sentence, facts, items.count()) == ("FAILED", expected, 0, 0)
    readable, unreadable = expected  # none of their sites is one of ours: what is readable waits for its site
    taken = (run.status, run.received, run.applied + run.unchanged, facts)
    return (
        taken == ("DONE", readable + unreadable, 0, 0)
        and items.count() == readable + unreadable
        and items.filter(reason__contains="no site").count() == readable
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
