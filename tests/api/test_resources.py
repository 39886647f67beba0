"""Every operation of REST answers as its description says; lists hold what their pages hold."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from jsonschema import Draft202012Validator

from ctms.accounts.models import Assignment
from ctms.api import description
from ctms.api.description import document
from sites.models import Facility, Person, Site
from tests.api.addresses import filled, keys_of, operations
from tests.api.client import SITES, Program, body
from tests.conftest import act
from tests.factories import make

pytestmark = pytest.mark.django_db
STUDY = "/api/v1/studies/D3460C00002/"


@pytest.fixture
def petras(north) -> Program:
    return Program("petra")


def checked(operation, answer):
    """The answer, found to be one that the description knows."""
    described = operation["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
    whole = {**described, "components": document()["components"]}
    Draft202012Validator(whole).validate(answer.json())
    return answer


def test_every_reading_operation_answers_as_described(petras, north):
    keys = keys_of(north)
    statuses = {}
    for method, path, operation in operations():
        if method == "GET":
            for address in filled(path, keys):
                answer = checked(operation, petras.get(address))
                statuses.setdefault(operation["operationId"], set()).add(answer.status_code)
    assert {name for name, found in statuses.items() if 200 not in found} <= {"read_personnel"}


def test_operations_are_described(db):
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names)) >= 30
    for _, path, operation in operations():
        assert operation["summary"], path
        assert {"200", "201"} & set(operation["responses"]), path
        assert {"400", "401", "403", "404", "406", "429"} <= set(operation["responses"]), path
    assert document()["openapi"].startswith("3.1")


def test_the_description_is_made_once_however_many_ask(db):
    """The generator keeps its state on the views: two at once made each other fail."""
    description._made.cache_clear()
    together = Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        made = [done.result() for done in [pool.submit(lambda: (together.wait(), document())) for _ in range(4)]]
    assert len({id(document) for _, document in made}) == 1


LISTS = [operation["operationId"] for method, _, operation in operations() if operation["operationId"][:5] == "list_"]


@pytest.mark.parametrize("name", sorted({*LISTS} - {"list_metrics"}))
def test_every_list_is_a_file_too(petras, north, name):
    (path,) = [path for _, path, operation in operations() if operation["operationId"] == name]
    (address, *_) = filled(path, keys_of(north))
    rows = petras.get(f"{address}?limit=500").json()["results"]
    lines = [json.loads(line) for line in body(petras.get(f"{address}?format=jsonl")).splitlines()]
    csv = body(petras.get(address, accept="text/csv")).decode().splitlines()
    assert len(csv) >= 1 + len(lines) >= 1 + len(rows)
    if name != "list_history":
        assert [{k: v for k, v in line.items() if k != "simulated"} for line in lines[:500]] == rows


def test_every_order_and_filter_of_the_pages_works(petras, settings):
    settings.API_REQUESTS_PER_MINUTE = 100_000
    for method, path, operation in operations():
        if method != "GET" or "{number}" in path or "{pk}" in path:
            continue
        address = path.replace("{study}", "D3460C00002").replace("{code}", "de")
        for parameter in operation["parameters"]:
            if parameter["in"] != "query" or parameter["name"] == "format":
                continue
            for value in parameter["schema"].get("enum") or parameter["schema"].get("examples") or []:
                answer = checked(operation, petras.get(f"{address}?{parameter['name']}={value}"))
                assert answer.status_code in (200, 404), (address, parameter, answer.content)


def test_a_file_of_nothing(north):
    """Ada, who sees no sites and so no facilities, gets files without rows."""
    adas = Program("ada")
    assert body(adas.get("/api/v1/facilities/?format=jsonl")) == b""
    assert body(adas.get("/api/v1/facilities/?format=csv")).decode().startswith("id,")
    assert adas.get("/api/v1/facilities/?format=csv&limit=all").status_code == 400
    assert adas.get("/api/v1/facilities/").json()["results"] == []


BAD = {
    "colour=blue": "colour", "status=NOWHERE": "status", "country=XX": "country", "limit=0": "limit",
    "limit=x": "limit", "changed_since=yesterday": "changed_since", "changed_since=2024-03-01": "changed_since",
    "sort=password": None, "after=x": None, "format=pdf": None,
}  # fmt: skip


@pytest.mark.parametrize("query", BAD)
def test_a_made_up_question_is_refused_with_words(petras, query):
    answer = petras.get(f"{SITES}?{query}")
    assert answer.status_code == (406 if query.startswith("format") else 400)
    assert answer.json()["message"]
    assert not BAD[query] or BAD[query] in answer.json()["fields"]


WRONG = {
    "/api/v1/nowhere/": ("get", 404, "NOT_FOUND"),
    "/api/v1/studies/none/sites/": ("get", 404, "NOT_FOUND"),
    f"{SITES}DE-001/": ("post", 405, "NO_SUCH_METHOD"),
    f"{SITES}%00/": ("get", 400, "BAD_REQUEST"),
    f"{SITES}DE-001/moves/fly/": ("post", 404, "NOT_FOUND"),
}


@pytest.mark.parametrize("address", WRONG)
def test_errors_have_one_shape_everywhere(petras, address):
    method, status, code = WRONG[address]
    answer = getattr(petras, method)(address)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "message", "fields"}


BODIES = {
    "{": 400, "[]": 422, "{}": 422, '{"code": "SIV", "colour": 1}': 422, '"SIV"': 422, "null": 422,
    '{"code": "SIV", "occurred_on": "2024-02-30", "reference": "x"}': 422,
    '{"code": "SIV", "occurred_on": "2034-02-03", "reference": "x"}': 422,
    '{"code": "SIV", "occurred_on": "2024-02-03", "reference": "a\\u0000b"}': 422,
    '{"code": "SIV", "occurred_on": "2024-02-03", "reference": "a\\ud800b"}': 422,
    '{"code": NaN}': 400,
}  # fmt: skip


@pytest.mark.parametrize("said", BODIES)
def test_bodies_that_cannot_be_used(petras, said):
    answer = petras.post(f"{SITES}DE-001/evidence/", said)
    assert answer.status_code == BODIES[said], answer.content
    assert answer.json()["message"]
    assert Site.objects.get(number="DE-001").evidence.filter(reference="x").count() == 0


def test_a_body_that_is_no_json(petras):
    answer = petras.client.post(
        f"{SITES}DE-001/evidence/", {"code": "SIV"}, headers={"Authorization": f"Bearer {petras.key}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    answer = petras.get(SITES, accept="application/xml")
    assert (answer.status_code, answer.json()["code"]) == (406, "NOT_ACCEPTABLE")


def test_changed_since(petras, petra):
    mark = Site.history.latest().history_date.isoformat().replace("+00:00", "Z")
    before = petras.get(f"{SITES}?changed_since={mark}").json()["count"]
    petras.moves("HU-003", "contact", effective_on="2024-03-08")
    rows = petras.get(f"{SITES}?changed_since={mark}").json()["results"]
    assert "HU-003" in [row["number"] for row in rows]
    assert len(rows) <= before + 1


def test_history_of_a_record(petras):
    petras.moves("HU-003", "contact", effective_on="2024-03-08")
    site = petras.get(f"{SITES}HU-003/").json()
    entries = petras.get(f"/api/v1/history/?record=sites.site:{site['id']}").json()["results"]
    assert [entry["kind"] for entry in entries] == ["CHANGED", "CREATED"]
    newest = entries[0]
    assert newest["before"] == {"operational_status": "IDENTIFIED", "status_on": "2023-07-03"}
    assert (newest["values"]["operational_status"], newest["actor"], newest["channel"]) == (
        "CONTACTED", "Petra Novak", "api",
    )  # fmt: skip
    more = petras.get(f"/api/v1/history/?record=sites.site:{site['id']}&related=true").json()["results"]
    assert {entry["record"].split(":")[0] for entry in more} >= {"sites.site", "sites.sitestatusevent"}
    first = petras.get("/api/v1/history/?limit=3").json()
    second = petras.get(first["next"]).json()["results"]
    whole = petras.get("/api/v1/history/?limit=6").json()["results"]
    assert first["results"] + second[:3] == whole


def test_people_come_and_go(petras):
    address = f"{SITES}DE-001/personnel/"
    said = {"name": "Dr. Ruth Adler", "role": "OTHER", "reason": "Delegation log", "starts_on": "2024-02-01"}
    added = petras.post(address, said)
    assert added.status_code == 201, added.content
    assert added.json()["name"] == "Dr. Ruth Adler"
    one = petras.get(f"{address}{added.json()['id']}/")
    assert one["ETag"] == added["ETag"]
    ended = petras.post(f"{address}{one.json()['id']}/end/", {"ends_on": "2024-03-01", "reason": "Left it"},
                        if_match=one["ETag"])  # fmt: skip
    assert (ended.status_code, ended.json()["ends_on"]) == (200, "2024-03-01")
    engaged = petras.get(f"/api/v1/people/{one.json()['person']}/").json()["engagements"]
    assert [item["ends_on"] for item in engaged] == ["2024-03-01"]


def test_evidence_is_recorded_and_withdrawn(petras):
    address = f"{SITES}HU-003/evidence/"
    made = petras.post(address, {"code": "SIV", "occurred_on": "2024-03-01", "reference": "eTMF 1"}).json()
    gone = petras.post(f"{address}{made['id']}/withdraw/", {"reason": "Another site's letter"})
    assert (gone.status_code, gone.json()["withdrawn"], gone.json()["replaces"]) == (201, True, made["id"])
    again = petras.post(f"{address}{made['id']}/withdraw/", {"reason": "Another site's letter"})
    assert (again.status_code, again.json()["code"]) == (409, "NOT_STANDING")
    assert petras.get(f"{address}?standing=true").json()["results"] == []


def test_lists_hold_what_people_typed_as_it_is(petras, petra):
    planted = '=1+1 "quoted", back\\slash\nand \u2028 more'
    with act(petra):
        person = make(Person, name=planted)
    assert planted in [row["name"] for row in petras.get("/api/v1/people/").json()["results"]]
    lines = [json.loads(line) for line in body(petras.get("/api/v1/people/?format=jsonl")).decode().split("\n")[:-1]]
    assert {line["id"]: line["name"] for line in lines}[person.pk] == planted
    assert "'=1+1" in body(petras.get("/api/v1/people/?format=csv")).decode()


def test_lists_cost_the_same_at_any_length(petras, django_assert_max_num_queries):
    petras.get(SITES)
    for limit in (1, 100):
        with django_assert_max_num_queries(10):
            petras.get(f"{SITES}?limit={limit}")
    assert Facility.objects.exists()
    assert Assignment.objects.exists()
    assert STUDY
