"""What somebody tries who has a token and bad intentions, or none: refused in words, and nothing is written."""

import json
from base64 import urlsafe_b64encode

import pytest

from ctms.core.acting import in_sponsor
from sites.models import Person, Site
from tests.accounts.test_isolation import written
from tests.api.addresses import filled, keys_of, operations
from tests.api.client import SITES, Program
from tests.conftest import act, person
from tests.factories import make

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-10d-1"), pytest.mark.shows("03-7")]
EVIDENCE = f"{SITES}HU-003/evidence/"
SAID = {"code": "SIV", "occurred_on": "2024-03-01", "reference": "eTMF 1"}
MOVE = {"effective_on": "2024-03-08"}


@pytest.fixture
def petras(north) -> Program:
    return Program("petra")


def cursor(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


BODIES = {
    "nested deeply": "[" * 100_000 + "]" * 100_000,
    "an object nested deeply": '{"code":' * 50_000 + "1" + "}" * 50_000,
    "a name twice": json.dumps(SAID)[:-1] + ', "code": "GREEN_LIGHT"}',
    "a number without end": '{"code": ' + "9" * 6_000 + "}",
    "not a number": '{"code": NaN}',
    "a zero byte": json.dumps(SAID).replace("eTMF", "\0"),
    "a byte order mark": "\ufeff" + json.dumps(SAID),
    "another encoding": json.dumps(SAID).encode("utf-16"),
    "more behind it": json.dumps(SAID) + "x",
}


@pytest.mark.parametrize("what", BODIES)
def test_bodies_that_are_meant_to_hurt(petras, what):
    before = written()
    answer = petras.post(EVIDENCE, BODIES[what])
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert "sys." not in answer.json()["message"]
    assert written() == before


def test_a_body_larger_than_is_taken(petras):
    before = written()
    answer = petras.post(EVIDENCE, json.dumps({**SAID, "note": "x" * (3 << 20)}))
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")
    assert written() == before


@pytest.mark.parametrize("kind", ["text/json", "", "multipart/form-data; boundary=x", "application/json, text/html"])
def test_bodies_of_another_kind(petras, kind):
    headers = {"Authorization": f"Bearer {petras.key}"}
    answer = petras.client.generic("POST", EVIDENCE, json.dumps(SAID), content_type=kind, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_is_utf_8_whatever_its_type_says(petras):
    headers = {"Authorization": f"Bearer {petras.key}"}
    for charset in ("utf-7", "nonsense", "utf-16"):
        kind = f"application/json; charset={charset}"
        said = json.dumps({**SAID, "reference": f"eTMF +AD0- {charset}"})
        answer = petras.client.generic("POST", EVIDENCE, said, content_type=kind, headers=headers)
        assert (answer.status_code, answer.json()["reference"]) == (201, f"eTMF +AD0- {charset}")


CURSORS = ["[" * 2_000, '"x"', "[]", "[1]", '["AT-001", NaN]', '["AT-001", 1e400]', '["AT-001", "x"]', '["\\u0000", 1]',
           '["AT-001", [1]]', '["AT-001", {"pk": 1}]', '["AT-001", null]', '["AT-001", 1, 1]', "{}"]  # fmt: skip


@pytest.mark.parametrize("made_up", CURSORS)
def test_cursors_that_were_never_ours(petras, made_up):
    for name in ("after", "before"):
        answer = petras.get(f"{SITES}?{name}={cursor(made_up)}")
        assert (answer.status_code, answer.json()["code"]) == (400, "BAD_REQUEST")
    assert petras.get(f"/api/v1/history/?after={cursor(made_up)}").status_code == 400


def test_a_cursor_opens_no_rows_of_others(north):
    """A place in a list says where, not what: whoever moves it meets their own rows."""
    idris = Program("idris")
    seen = {row["number"] for row in idris.get(SITES).json()["results"]}
    for number in ("", "US-001", "ZZ"):
        for name in ("after", "before"):
            place = cursor(json.dumps([number, 0]))
            rows = idris.get(f"{SITES}?{name}={place}").json()["results"]
            assert {row["number"] for row in rows} <= seen


HIDDEN = ["sort=study__sponsor__name", "sort=facility__name", "sort=pk", "sort=-id", "study=1", "sponsor=2", "pk=1",
          "facility__sponsor=2", "number__startswith=US", "country=US", "q__regex=.", "fields=password"]  # fmt: skip


@pytest.mark.parametrize("query", HIDDEN)
def test_nothing_is_asked_but_what_the_list_declares(north, query):
    """What a list does not show is not found out by filters or orders; nor is what is in countries one does not see."""
    answer = Program("idris").get(f"{SITES}?{query}")
    assert (answer.status_code, "US-001" in answer.content.decode()) == (400, False)


def test_counts_are_of_ones_own(north, petra):
    """Idris' countries are not the site's: what happens there changes nothing that he can count."""
    idris, asked = Program("idris"), f"{SITES}?changed_since=2020-01-01T00:00:00Z&limit=1"
    before = [idris.get(address).json()["count"] for address in (asked, "/api/v1/people/?limit=1")]
    with act(petra):
        site = Site.objects.get(number="US-001")
        engaged = make(Person, name="Of the other country")
        site.personnel.create(sponsor=north, study=site.study, person=engaged, role="OTHER")
    assert [idris.get(address).json()["count"] for address in (asked, "/api/v1/people/?limit=1")] == before
    assert idris.get("/api/v1/people/?q=other+country").json()["count"] == 0
    assert idris.get(f"/api/v1/people/{engaged.pk}/").status_code == 404


def test_a_version_of_something_else_is_none_of_this(petras):
    """Neither another record's, nor one that is still to come."""
    newer = max(petras.get(f"{SITES}{number}/").json()["version"] for number in ("HU-001", "US-001"))
    before = written()
    for version in (f'"{newer}"', '"999999999999999999"', '"0"', '"-1"', 'W/"0"', '""'):
        answer = petras.post(f"{SITES}HU-003/moves/contact/", MOVE, if_match=version)
        assert (answer.status_code, answer.json()["code"]) == (412, "CHANGED_MEANWHILE"), version
    for version in ('"1", "2"', '*, "1"', "1", "x"):
        assert petras.post(f"{SITES}HU-003/moves/contact/", MOVE, if_match=version).status_code == 400, version
    assert written() == before


def test_a_key_against_repetition_is_of_one_person_and_one_request(petras):
    maras, ottos, reading = Program("mara"), Program("otto"), Program("petra", scope="READ", name="Reading")
    first = petras.post(EVIDENCE, SAID, idempotency_key="k")
    assert first.status_code == 201
    before = written()
    hers = maras.post(EVIDENCE, SAID, idempotency_key="k")  # asked for itself, not answered with Petra's
    assert (hers.status_code, hers.json()["code"]) == (409, "RECORDED_ALREADY")
    elsewhere = petras.post(f"{SITES}HU-002/evidence/", SAID, idempotency_key="k")
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "KEY_USED")
    assert reading.post(EVIDENCE, SAID, idempotency_key="k").status_code == 403
    assert ottos.post(EVIDENCE, SAID, idempotency_key="k").status_code == 404
    assert written() == before


def test_a_token_that_reads_writes_nowhere(north):
    reading, keys = Program("petra", scope="READ"), keys_of(north)
    before = written()
    for method, path, operation in operations():
        if method != "GET":
            said = operation["requestBody"]["content"]["application/json"]["example"]
            for address in filled(path, keys):
                answer = reading.post(address, said, if_match="*", x_http_method_override="GET")
                assert (answer.status_code, answer.json()["code"]) == (403, "TOKEN_READS_ONLY"), address
    assert written() == before


def test_ways_in_that_are_none(petras):
    key = petras.key
    for header in (f"Basic {key}", f"Token {key}", f"Bearer {key} x", f"Bearer {key.upper()}", f"Bearer {key[:-1]}",
                   "Bearer", "Bearer \u00e9"):  # fmt: skip
        answer = petras.client.get("/api/v1/me/", headers={"Authorization": header})
        assert (answer.status_code, answer.json()["code"]) == (401, "NOT_SIGNED_IN"), header
    assert petras.client.get(f"/api/v1/me/?token={key}").status_code == 401
    assert petras.get("/api/v1/me/", host="evil.example").status_code == 400


def test_another_sponsors_keys_in_filters_name_nothing(north, south):
    """Petra, with keys of South's in every place that takes one."""
    with in_sponsor(south.pk), act(person("otto")):
        site = Site.objects.select_related("study")[0]
        theirs = make(Person, name="Theirs")
    petras = Program("petra")
    for address in (f"/api/v1/history/?record=sites.site:{site.pk}", f"/api/v1/history/?study={site.study.slug}",
                    f"/api/v1/people/{theirs.pk}/", f"/api/v1/facilities/{site.facility_id}/",
                    f"/api/v1/studies/{site.study.slug}/metrics/"):  # fmt: skip
        assert petras.get(address).status_code == 404, address
    assert petras.get("/api/v1/people/?q=Theirs").json()["count"] == 0
    assert petras.get("/api/v1/assignments/?user=otto").json()["count"] == 0
