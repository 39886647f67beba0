"""The thinnest way through: a token, the list of sites, one of them, a move."""

import json

import pytest

from sites.models import Site
from tests.api.client import SITES, Program, body

pytestmark = pytest.mark.django_db


@pytest.fixture
def petras(north) -> Program:
    return Program("petra")


def test_a_list_in_pages(petras):
    first = petras.get(SITES).json()
    assert (first["count"], first["count_is_capped"], first["previous"]) == (131, False, None)
    assert len(first["results"]) == 100
    second = petras.get(first["next"]).json()
    numbers = [row["number"] for page in (first, second) for row in page["results"]]
    assert numbers == sorted(Site.objects.values_list("number", flat=True))
    assert petras.get(second["previous"]).json()["results"] == first["results"]
    assert second["next"] is None


def test_a_move_and_its_refusals(petras):
    answer = petras.get(f"{SITES}HU-003/")
    assert answer["ETag"] == f'"{answer.json()["version"]}"'
    moves = {one["move"]: one for one in answer.json()["allowed_moves"]}
    assert moves["open_enrollment"]["objections"] == ["The site is not activated."]
    refused = petras.moves("HU-003", "open_enrollment", effective_on="2024-03-08")
    assert (refused.status_code, refused.json()) == (
        409, {"code": "GUARD", "message": "The site is not activated.", "fields": {}}
    )  # fmt: skip
    made = petras.moves("HU-003", "contact", effective_on="2024-03-08")
    assert (made.status_code, made.json()["status"], made.json()["since"]) == (200, "CONTACTED", "2024-03-08")
    newest = Site.history.filter(number="HU-003").latest()
    assert made["ETag"] == f'"{newest.history_id}"'
    assert (newest.history_actor, newest.history_channel) == ("Petra Novak", "api")
    stale = petras.moves("HU-003", "send_cda", version=answer["ETag"], effective_on="2024-03-08")
    assert (stale.status_code, stale.json()["code"]) == (412, "CHANGED_MEANWHILE")
    missing = petras.post(f"{SITES}HU-003/moves/send_cda/", {"effective_on": "2024-03-08"})
    assert (missing.status_code, missing.json()["code"]) == (428, "VERSION_NEEDED")
    assert Site.objects.get(number="HU-003").operational_status == "CONTACTED"


def test_the_same_request_again(petras):
    address, said = f"{SITES}HU-003/evidence/", {"code": "SIV", "occurred_on": "2024-03-01", "reference": "eTMF 1"}
    first = petras.post(address, said, idempotency_key="k-1")
    again = petras.post(address, said, idempotency_key="k-1")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again["ETag"] == first["ETag"]
    other = petras.post(address, {**said, "reference": "eTMF 2"}, idempotency_key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "KEY_USED")
    assert Site.objects.get(number="HU-003").evidence.count() == 1


def test_a_token_that_reads_does_not_write(north):
    answer = Program("petra", scope="READ").moves("HU-003", "contact", effective_on="2024-03-08")
    assert (answer.status_code, answer.json()["code"]) == (403, "TOKEN_READS_ONLY")


def test_files_hold_the_rows_of_the_list(petras):
    rows = petras.get(f"{SITES}?country=AT").json()["results"]
    lines = [json.loads(line) for line in body(petras.get(f"{SITES}?country=AT&format=jsonl")).splitlines()]
    assert [{**row, "simulated": "status, since, enrollment"} for row in rows] == lines
    csv = body(petras.get(f"{SITES}?country=AT&format=csv")).decode().splitlines()
    assert csv[0] == ",".join([*rows[0], "simulated"])
    assert len(csv) == 1 + len(rows)
