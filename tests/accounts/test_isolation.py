"""Sponsors are closed to each other, and people see what their roles show: walked over every address there is."""

import re
from collections.abc import Collection
from typing import Any

import psycopg
import pytest
from django.db import transaction
from django.test import Client

from ctms.accounts.services.grants import deactivate
from ctms.core import records
from ctms.core.acting import in_sponsor
from ctms.core.refusals import BadInput
from ctms.core.reviewed import WITHOUT_TENANT_POLICY
from ctms.core.trail.history import history_models, regulated_models
from ctms.run import logins
from ctms.studies.models import Arm
from sites.models import Facility, Person, Site, SitePersonnel
from sites.services.personnel import add_personnel
from tests import database
from tests.accounts.addresses import FOR_PROGRAMS, PERSONAL, PUBLIC, filled, furnished, patterns
from tests.conftest import act, person, signed_in
from tests.factories import make

DESK = {"work", "jobs", "views", "notifications", "mailbox", "preferences", "digest-now", "calendar-link",
        "revoke-calendar-link"}  # fmt: skip
WRITES_OF_ONES_OWN = {"calendar-link", "revoke-calendar-link"}

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-10d-1"), pytest.mark.shows("02-4")]


def written() -> int:
    """How many history rows were ever written, over all tables and sponsors, committed or not."""
    tables = [model._meta.db_table for model in history_models()]
    with database.connect(logins.OWNER) as owner:
        names = "select pg_get_serial_sequence(name, 'history_id') from unnest(%s::text[]) as name"
        sequences = [sequence for (sequence,) in owner.execute(names, [tables])]
        parts = (f"select last_value::bigint from {sequence}" for sequence in sequences)
        (total,) = owner.execute(f"select sum(last_value) from ({' union all '.join(parts)}) s").fetchone() or (0,)
        return int(total)


@pytest.fixture
def north_keys(north: Any) -> dict[str, list[Any]]:
    return furnished(north)


def walk(
    client: Client, sponsor: str, keys: dict[str, list[Any]], *, but: Collection[str] = ()
) -> list[tuple[str, str, int, str]]:
    """(name, address, status, body) of GET and POST on every address of a sponsor, but those of these names."""
    answers = []
    for name, address in filled(sponsor, keys):
        if name in but:
            continue
        for answer in (
            client.get(address),
            client.post(address, {"effective_on": "2024-03-01", "reason": "x", "code": "SIV"}),
        ):
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            answers.append((name, address, answer.status_code, body.decode(errors="replace")))
    return answers


def test_nobody_enters_unasked(db, north_keys):
    for _, address, status, _ in walk(Client(), "north", north_keys):
        assert status in (302, 405), address
    for pattern in patterns():
        assert pattern.name, f"{pattern} has no name"


def test_every_address_has_its_place_on_the_list(north_keys):
    reached = {name for name, _ in filled("north", north_keys)}
    people = {str(pattern.name) for pattern in patterns() if not str(pattern.name).startswith(FOR_PROGRAMS)}
    assert people - reached == PUBLIC | PERSONAL


def test_another_sponsor_is_not_there(north, north_keys, otto):
    client = signed_in("otto")
    for _, address, status, _ in walk(client, "north", north_keys):
        assert status == 404, address


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(False, id="as it is"),
        pytest.param(True, id="with visible_to broken on purpose", marks=pytest.mark.heavy),
    ],
)
def test_harvested_keys_open_nothing(north, north_keys, monkeypatch, broken):
    """Otto, inside his own sponsor, with North's keys: his own pages, 404 for the rest, never a word of North's."""
    if broken:
        monkeypatch.setattr(records.Records, "visible_to", lambda self, user: self)
    client = signed_in("otto")
    with in_sponsor(north.pk):
        secrets = {
            "D3460C00002",
            "Anifrolumab",
            "NCT05925803",
            *Site.objects.values_list("registry_key", flat=True)[:20],
        }
    before = written()
    mine = {
        "sponsor-home",
        "portfolio",
        "money",
        "search",
        "facilities",
        "people",
        "organisations",
        "audit",
        "access-log",
        "jobs",
        *DESK,
    }
    mine |= {"facility-add", "person-add", "training", "tokens", "roles"}
    for name, address, status, body in walk(client, "south", north_keys, but=WRITES_OF_ONES_OWN):
        assert status in ({200, 302, 404, 405, 422} if name in mine else {404, 405}), address
        shown = re.sub(r"<dd>.*?</dd>", "", body, flags=re.DOTALL) if status == 404 else body  # it repeats the address
        assert not [secret for secret in secrets if secret in shown], address
    assert written() == before


def test_the_study_of_the_other_sponsor_is_shown_to_its_own(south):
    with in_sponsor(south.pk):
        keys = furnished(south)
    wanted = {"study", "sites", "site", "schedule", "countries"}
    others = {str(pattern.name) for pattern in patterns()} - wanted
    answers = walk(signed_in("otto"), "south", keys, but=others)
    assert {name for name, _, status, _ in answers if status == 200} == wanted


def test_files_and_pages_hold_the_right_rows(north, south):
    otto, petra = signed_in("otto"), signed_in("petra")
    csv = b"".join(otto.get("/in/south/s/TAK-861-2003/sites/?format=csv").streaming_content).decode()
    assert csv.count("\r\n") == 1 + 72 + 1 + 2
    assert "D3460C00002" not in csv
    csv = b"".join(petra.get("/in/north/s/D3460C00002/sites/?format=csv").streaming_content).decode()
    assert csv.count("\r\n") == 1 + 131 + 1 + 2
    assert "131 sites" in petra.get("/in/north/s/D3460C00002/sites/").content.decode()


def shown_without_a_sponsor(app: psycopg.Connection) -> list[str]:
    """The sponsors' tables of which this connection, inside no sponsor, sees a row."""
    tables = [model._meta.db_table for model in (*regulated_models(), *history_models())]
    closed = [table for table in tables if table not in WITHOUT_TENANT_POLICY and "sponsor" in _columns(app, table)]
    assert len(closed) > 40
    return [table for table in closed if app.execute(f"select 1 from {table} limit 1").fetchone()]


def test_sql_without_a_scope_sees_nothing(north):
    with database.connect(logins.APP) as app:
        assert shown_without_a_sponsor(app) == []
        app.execute("select set_config('ctms.sponsor', '', true)")
        assert app.execute("select count(*) from sites_site").fetchone() == (0,)
        with pytest.raises(psycopg.Error, match="invalid input syntax"):
            app.execute("select set_config('ctms.sponsor', '1 or true', true); select count(*) from sites_site")


def _columns(app: psycopg.Connection, table: str) -> str:
    words = "select string_agg(attname, ' ') from pg_attribute where attrelid = %s::regclass"
    (names,) = app.execute(words, [table]).fetchone() or ("",)
    return str(names)


def test_a_cro_monitor_sees_their_countries_and_no_other_site(north):
    client = signed_in("idris")
    assert client.get("/in/north/s/D3460C00002/site/DE-001/").status_code == 200
    assert client.get("/in/north/s/D3460C00002/site/US-001/").status_code == 404
    assert client.get("/in/north/s/D3460C00002/c/us/").status_code == 404
    page = client.get("/in/north/s/D3460C00002/sites/").content.decode()
    assert "22 sites" in page
    assert "US-001" not in page
    assert client.get("/in/north/s/D3460C00002/schedule/").status_code == 200
    assert client.get("/in/north/s/D3460C00002/audit/").status_code == 404
    assert "US-001" not in client.get("/in/north/search/?q=US-0").content.decode()


def test_the_directory_reaches_as_far_as_ones_sites(north, mara, petra):
    """A monitor knows the hospitals and people of their own countries; whoever works for the sponsor, all of them."""
    idris = person("idris")
    with act(mara):
        person_elsewhere, person_twice, unplaced = (make(Person, name=name) for name in ("Else", "Twice", "Unplaced"))
        make(SitePersonnel, site=Site.objects.get(number="US-001"), person=person_elsewhere)
        for number in ("DE-001", "DE-002", "US-002"):
            make(SitePersonnel, site=Site.objects.get(number=number), person=person_twice)
    own = Site.objects.visible_to(idris)
    assert set(Facility.objects.visible_to(idris)) == {site.facility for site in own.select_related("facility")}
    assert list(Person.objects.visible_to(idris).filter(name__in=["Else", "Twice", "Unplaced"]).order_by("name")) == [
        person_twice, unplaced,
    ]  # fmt: skip
    assert Facility.objects.visible_to(petra).count() == Facility.objects.count() > 100
    assert Person.objects.visible_to(petra).count() == Person.objects.count()
    client = signed_in("idris")
    page = client.get("/in/north/people/").content.decode()
    assert ("Twice" in page, "Else" in page) == (True, False)
    form = client.get("/in/north/s/D3460C00002/site/DE-001/people/").content.decode()
    assert (f'value="{person_twice.pk}"' in form, f'value="{person_elsewhere.pk}"' in form) == (True, False)


def test_nobody_puts_a_person_on_a_list_whom_they_do_not_know(north, mara):
    with act(mara):
        stranger = make(Person)
        make(SitePersonnel, site=Site.objects.get(number="US-001"), person=stranger)
    before = SitePersonnel.objects.count()
    idris, site = person("idris"), Site.objects.get(number="DE-001")
    said = {"person": stranger.pk, "name": "", "role": "SUB_INVESTIGATOR", "reason": "Delegation log"}
    answer = signed_in("idris").post("/in/north/s/D3460C00002/site/DE-001/people/", said)
    assert answer.status_code == 422
    with act(idris), pytest.raises(BadInput, match="Choose a person"):
        add_personnel(site=site, person=stranger, role="SUB_INVESTIGATOR", starts_on=None, by=idris)
    assert SitePersonnel.objects.count() == before


def test_roles_without_studies_see_no_study(north):
    client = signed_in("ada")
    assert client.get("/in/north/s/D3460C00002/").status_code == 404
    assert "D3460C00002" not in client.get("/in/north/portfolio/").content.decode()
    assert client.get("/in/north/audit/").status_code == 200


def test_unblinded_rows_are_for_the_unblinded(north, mara):
    study = Arm.objects.first().study
    with act(mara):
        with in_sponsor(north.pk, unblinded=(study.pk,)):
            arm = make(Arm, label="Unblinded detail", partition="UNBLINDED")
            assert Arm.objects.filter(pk=arm.pk).exists()
        assert not Arm.objects.filter(pk=arm.pk).exists()
        assert not Arm.history.filter(id=arm.pk).exists()
        with in_sponsor(north.pk, unblinded=(study.pk + 1000,)):
            assert not Arm.objects.filter(pk=arm.pk).exists()
        with pytest.raises(Exception, match="row-level security"), transaction.atomic():
            make(Arm, label="Unblinded by a blinded person", partition="UNBLINDED")


def test_deactivation_counts_with_the_next_request(north, mara):
    client = signed_in("mara")
    assert client.get("/in/north/portfolio/").status_code == 200
    ada = person("ada")
    with act(ada, "Left the company"):
        deactivate(user=mara, by=ada)
    assert client.get("/in/north/portfolio/").status_code == 302
