"""REST shows each person what their pages show, and to others that nothing is there: walked over every operation."""

from datetime import date, timedelta

import pytest
from jsonschema import Draft202012Validator

from ctms.accounts.models import ApiToken, Organisation, User
from ctms.accounts.services.grants import deactivate
from ctms.accounts.services.sponsors import add_member
from ctms.accounts.services.tokens import revoke_token
from ctms.api.schema import COMPONENTS
from ctms.core.acting import in_sponsor, on_simulated_day
from sites.models import Site
from tests.accounts.test_isolation import written
from tests.api.addresses import filled, keys_of, operations
from tests.api.client import SITES, Program, body
from tests.conftest import act, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-10d-1"), pytest.mark.shows("03-7")]
REFUSAL = Draft202012Validator(COMPONENTS["schemas"]["Refusal"])
# Lists of the sponsor itself: whoever has a token gets their own.
OWN = {"list_studies", "list_people", "list_facilities", "list_organisations", "list_assignments", "list_metrics",
       "list_history", "read_me"}  # fmt: skip


def every(program, keys):
    """(operation, address, answer) of every operation, addressed with each key."""
    for method, path, operation in operations():
        for address in filled(path, keys):
            ask = program.get if method == "GET" else program.post
            options = {} if method == "GET" else {"if_match": "*"}
            yield operation["operationId"], address, ask(address, **options)


def test_without_a_token_nothing_answers(north):
    keys = keys_of(north)
    browser = signed_in("petra")  # a session is no way in
    before = written()
    for program in (Program(), Program(key="ctms_api_" + "0" * 40), Program(key="")):
        program.client = browser
        for _, address, answer in every(program, keys):
            assert (answer.status_code, answer.json()["code"]) == (401, "NOT_SIGNED_IN"), address
            assert answer["WWW-Authenticate"].startswith("Bearer")
            REFUSAL.validate(answer.json())
    assert written() == before


def test_another_sponsors_keys_open_nothing(north, south):
    """Otto's token with North's keys: his own lists, 404 for the rest, never a word of North's."""
    keys = keys_of(north)
    ottos = Program("otto")
    secrets = {"D3460C00002", "Anifrolumab", "NCT05925803"}
    before = written()
    for name, address, answer in every(ottos, keys):
        text = body(answer).decode()
        if name in OWN:
            assert answer.status_code in (200, 403), address
        else:
            assert answer.status_code == 404, (address, text)
            REFUSAL.validate(answer.json())
        assert not [secret for secret in secrets if secret in text], address
    with in_sponsor(north.pk):
        site = Site.objects.latest("pk").pk
    assert ottos.get(f"/api/v1/history/?record=sites.site:{site}").status_code == 404
    assert written() == before


def test_another_sponsors_key_in_a_body_is_not_there(south, north):
    """Petra adds North's own person; with a key of South's it is a 404, and nothing is written."""
    from sites.models import Person

    with in_sponsor(south.pk), act(person("otto")):
        theirs = Person.objects.create(sponsor=south, name="Theirs")
    petras, address = Program("petra"), f"{SITES}DE-001/personnel/"
    said = {"person": theirs.pk, "role": "OTHER", "reason": "x y"}
    before = written()
    assert petras.post(address, said).status_code == 404
    assert written() == before


def test_people_see_what_their_pages_show(north):
    idris, ada = Program("idris"), Program("ada")
    assert {row["country"] for row in idris.get(SITES).json()["results"]} == {"AT", "DE", "HU", "PL"}
    assert idris.get(f"{SITES}US-001/").status_code == 404
    assert idris.get("/api/v1/history/").status_code == 403
    assert b"US-001" not in body(idris.get(f"{SITES}?format=jsonl"))
    assert ada.get("/api/v1/studies/").json()["results"] == []
    assert ada.get(SITES).status_code == 404
    assert ada.get("/api/v1/assignments/").json()["count"] > 5
    assert idris.get("/api/v1/assignments/").json()["count"] == 0


def test_a_token_ends(north, petra, now):
    ended = {
        "revoked": lambda: revoke_token(token=ApiToken.objects.get(name="revoked"), by=petra, at=now),
        "expired": lambda: None,
        "left": lambda: deactivate(user=petra, by=person("ada")),
    }
    for name, end in ended.items():
        program = Program("petra", name=name, days=1 if name == "expired" else 30)
        assert program.get("/api/v1/me/").status_code == 200
        with act(petra if name != "left" else User.objects.get(username="ada"), "It is over"):
            end()
        with on_simulated_day(now + timedelta(days=1 if name == "expired" else 0)):
            answer = program.get("/api/v1/me/")
        assert (answer.status_code, answer.json()["code"]) == (401, "NOT_SIGNED_IN"), name


def test_a_token_counts_by_the_membership_of_its_own_sponsor(north, south, petra):
    program, ada, sol = Program("petra"), person("ada"), person("sol")
    with in_sponsor(south.pk), act(sol):
        said = {"organisation": Organisation.objects.get(kind="SPONSOR"), "starts_on": date(2024, 1, 1)}
        add_member(sponsor=south, user=petra, **said)
    assert program.get("/api/v1/me/").status_code == 200
    with act(ada):
        deactivate(user=petra, by=ada)
    assert person("petra").is_active  # for south, who still lets her in
    assert program.get("/api/v1/me/").status_code == 401


def test_keys_are_nowhere(north, petra):
    key = Program("petra").key
    token = ApiToken.objects.get(user=petra)
    assert token.ending == key[-4:]
    for row in (*ApiToken.objects.values(), *ApiToken.history.values()):
        assert key not in str(row)


def test_sites_of_others_are_not_counted(north):
    assert Program("idris").get(SITES).json()["count"] == Site.objects.visible_to(person("idris")).count() == 22
