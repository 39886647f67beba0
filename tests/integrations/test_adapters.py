"""What other systems send, read: recorded replies, errors of every shape, and what must be left where it is."""

import logging

import httpx
import orjson
import pytest

from ctms.integrations.blinding import treatment_fields
from ctms.integrations.edc.rws import Rws
from ctms.integrations.etmf.vault import Vault
from ctms.integrations.http import LARGEST, TRIES, Caller
from ctms.integrations.identifiers import objection
from ctms.integrations.irt.ctms_irt_1 import CtmsIrt1
from ctms.integrations.ports import Fact, FeedFailed, encoded
from tests.data import odm_file, odm_files

RWS = Rws("http://edc", "S(Prod)", credentials={}, days=["DM.ICFDT"], visit_item="SV.SVSTDT")
IRT = CtmsIrt1("http://irt", "S", credentials={})

# Recorded replies -> (subjects, those that cannot be read), or the sentence of the error.
SUBJECTS = {
    "rws_snippets/01_response.xml": "It says: CRF version not found. [RWS00092]",
    "rws_snippets/03_response.xml": "The reply is no ODM document.",
    "rws_snippets/05_subjects.xml": (3, 0),
    "rws_snippets/07_subjects.xml": (2, 0),
    "rws_snippets/09_response.xml": "The reply is no ODM document.",
    "rws_snippets/11_response.xml": "It says: Subject already exists. [RWS00024]",
    "rws_snippets/13_subjects.xml": (2, 0),  # without a namespace
    "rws_snippets/15_studies.xml": (0, 0),
    "rws_snippets/17_studies.xml": (0, 0),  # without a date
    "rws_snippets/19_subjects.xml": (1, 0),
    "rws_snippets/21_subjects.xml": (1, 0),
    "rave_double_byte.xml": (0, 1),  # its subject key holds initials and a day of birth
    "odmlib_odm-data-snapshot.xml": (2, 0),
    "odmlib_test_clinical_data_01.xml": (2, 0),
    "odmlib_cdash-odm-test.xml": (0, 0),
}


@pytest.mark.shows("04-3")
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
@pytest.mark.parametrize("name", odm_files())
def test_recorded_replies(name, mark):
    expected = SUBJECTS[name]
    if isinstance(expected, str):
        with pytest.raises(FeedFailed) as failed:
            RWS.read("subjects", mark + odm_file(name))
        assert failed.value.message == expected
        return
    page = RWS.read("subjects", mark + odm_file(name))
    assert (len(page.facts), len(page.unusable)) == expected
    assert b"JAN 2000" not in encoded(page.facts)


@pytest.mark.shows("04-3")
def test_an_audit_record_tells_that_something_was_entered_and_never_what():
    page = RWS.read("audits", odm_file("rws_snippets/19_subjects.xml"))
    assert [(fact.what, fact.subject, fact.event, fact.state, fact.version) for fact in page.facts] == [
        ("FORM", "123 ABC", "SCREEN", "ENTERED", 3284)
    ]
    assert b"UNDEF" not in encoded(page.facts)
    assert b"Specify" not in encoded(page.facts)


@pytest.mark.shows("04-3")
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"Authorization Header not provided", "It says: Authorization Header not provided"),
        (
            b'\xef\xbb\xbf<ODM xmlns:mdsol="http://www.mdsol.com/ns/odm/metadata" '
            b'mdsol:ErrorDescription="Incorrect login and password combination. [RWS00008]"/>',
            "It says: Incorrect login and password combination. [RWS00008]",
        ),
        (b"<!DOCTYPE html><html><body>IIS</body></html>", "It answered with a page for people instead of data."),
        (b"<ODM><ClinicalData>", "The reply is not well-formed XML, or was cut off."),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><ODM>&b;</ODM>', "The reply is not well-formed XML, or was cut off."),
        (b"<ODM>" + b"<a>" * 200 + b"</a>" * 200 + b"</ODM>", "The reply is nested deeper than any ODM document."),
        (b"\x00\xff\xfe", "The reply is not well-formed XML, or was cut off."),
        (b"", "The reply is not well-formed XML, or was cut off."),
    ],
)
def test_errors_of_rave_in_every_shape(body, sentence):
    with pytest.raises(FeedFailed) as failed:
        RWS.read("subjects", body)
    assert failed.value.message == sentence


def event(**said):
    event = {
        "event_id": "E1", "event_type": "subject_screened", "event_at": "2024-02-01T23:30:00-05:00",
        "recorded_at": "2024-02-02T05:00:00+00:00", "study": "S", "site": "DE-004", "subject": "DE-004-001",
    }  # fmt: skip
    return {**event, **said}


def page_of(*events, **said):
    reply = {"as_of": "2024-02-03T00:00:00+00:00", "blinding": "blinded", "next": None, "events": events}
    return IRT.read("events", orjson.dumps({**reply, **said}))


def test_an_irt_event_keeps_the_day_of_its_place_and_nothing_else():
    page = page_of(event(randomisation_no="4711", initials="WT", birth_date="1953-04-17", source_user="x"))
    assert page.facts[0] == Fact(
        key="E1", what="DAY", version=1706850000000000, as_of=page.facts[0].as_of, place="DE-004",
        subject="DE-004-001", event="subject_screened", day="2024-02-01",
    )  # fmt: skip
    kept = encoded(page.facts)
    assert not [word for word in (b"4711", b"WT", b"1953") if word in kept]


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_id": ""}, {"event_type": "dispensed"}, {"study": "T"}, {"event_at": "2024-02-01T10:00:00"},
        {"recorded_at": "yesterday"}, {"subject": "WT 17 APR 1953"}, {"subject": ""}, {"event_at": None},
    ],
    ids=lambda wrong: next(iter(wrong.items())).__str__(),
)  # fmt: skip
def test_irt_events_that_cannot_be_used_are_put_aside_alone(wrong):
    page = page_of(event(), event(**wrong), event(event_id="E3"))
    assert {fact.key for fact in page.facts if fact.what == "DAY"} == {"E1", "E3"}
    assert [one.where for one in page.unusable] == ["event 2"]
    assert "1953" not in page.unusable[0].reason


@pytest.mark.parametrize(
    "body",
    [b"NaN", b"[]", b'{"events": 3}', b"{" * 5000, b'{"events": [' + b"[" * 5000, b"\xff\xfe", b'{"events": [],'],
)
def test_json_that_is_none_of_ours_is_refused(body):
    with pytest.raises(FeedFailed):
        IRT.read("events", body)


def test_an_unblinded_feed_is_not_read_where_a_blinded_one_is_due():
    with pytest.raises(FeedFailed, match="blinded"):
        page_of(event(), blinding="unblinded")


@pytest.mark.parametrize(
    "name",
    [
        "treatment_arm",
        "ARM",
        "DM.ARMCD",
        "assignedArm",
        "{ns}Arm",
        "kit-type",
        "EX.EXTRT",
        "arm__c",
        "Stratum",
        "Dose Level",
    ],
)
def test_names_that_tell_the_treatment_are_known(name):
    assert treatment_fields(["site", name]) == (name,)


@pytest.mark.parametrize("name", ["ALARM", "armband", "visit", "DM.ICFDT", "treated_on", "form", "randomisation_no"])
def test_names_that_only_sound_like_it_are_let_through(name):
    assert treatment_fields([name]) == ()


@pytest.mark.parametrize("number", ["DE-004-001", "123 ABC", "0010", "10-20-30", "S-2024-001"])
def test_ordinary_subject_numbers_are_taken(number):
    assert objection(number) == ""


def test_vault_fails_inside_http_200():
    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path.endswith("/auth"):
            return httpx.Response(200, json={"responseStatus": "SUCCESS", "sessionId": f"s{len(asked)}"})
        kind = "INVALID_SESSION_ID" if request.headers["Authorization"] == "s1" else "INSUFFICIENT_ACCESS"
        errors = [{"type": kind, "message": "Wilhelmina Testperson"}]
        return httpx.Response(200, json={"responseStatus": "FAILURE", "errors": errors})

    asked: list[str] = []
    vault = Vault("http://v", "S", credentials={"user": "u"}, transport=httpx.MockTransport(answered))
    with pytest.raises(FeedFailed) as failed:
        list(vault.pull("documents", ""))
    assert failed.value.message == "It says INSUFFICIENT_ACCESS."
    assert [path.rsplit("/")[-1] for path in asked] == ["auth", "query", "auth", "query"]


class Fails:
    """A system that answers like this, and counts how often it is asked."""

    def __init__(self, *answers):
        self.answers, self.asked, self.waits = list(answers), 0, []
        self.caller = Caller(
            "http://x", explain=lambda reply: "", transport=httpx.MockTransport(self._answer), wait=self.waits.append
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_never_tried_again(status):
    fails = Fails(httpx.Response(status))
    with pytest.raises(FeedFailed) as failed:
        fails.caller.get("a")
    assert (fails.asked, failed.value.worth_retrying) == (1, False)


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(503), httpx.Response(500), httpx.ReadTimeout("slow"), httpx.ConnectError("no"),
     httpx.RemoteProtocolError("cut"), httpx.Response(200, content=b"half", headers={"Content-Length": "8"})],
    ids=str,
)  # fmt: skip
def test_what_may_pass_is_tried_again_a_few_times(answer):
    fails = Fails(answer)
    with pytest.raises(FeedFailed) as failed:
        fails.caller.get("a")
    assert (fails.asked, failed.value.worth_retrying) == (TRIES, True)
    assert len(fails.waits) == TRIES - 1


def test_it_waits_as_long_as_it_is_asked_to_but_not_for_ever():
    fails = Fails(
        httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(503, headers={"Retry-After": "86400"}),
        httpx.Response(200, content=b"ok"),
    )  # fmt: skip
    assert fails.caller.get("a").body == b"ok"
    assert fails.waits == [7.0, 30.0]


def test_a_reply_has_a_largest_size():
    class Endless(httpx.SyncByteStream):
        def __iter__(self):
            while True:
                yield b"x" * 1024 * 1024

    fails = Fails(httpx.Response(200, stream=Endless()))
    with pytest.raises(FeedFailed, match=f"larger than {LARGEST // 1024 // 1024} MB"):
        fails.caller.get("a")
    assert fails.asked == 1


def test_what_stands_in_addresses_is_in_no_log(caplog):
    caplog.set_level(logging.DEBUG)  # as celery sets the root logger by its own --loglevel
    fails = Fails(httpx.Response(503), httpx.Response(200, content=b"ok"))
    fails.caller.get("subjects/S-0001", key="not to be seen")
    logging.getLogger("ctms.integrations").info("something else")
    assert fails.asked == 2
    assert [record.message for record in caplog.records] == ["something else"]
