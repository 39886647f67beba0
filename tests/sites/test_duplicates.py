"""The same hospital twice, the same person twice: found by their names, merged with a trail."""

from typing import Any

import pytest

from ctms.core.acting import in_sponsor
from ctms.core.refusals import NotAllowed, Refusal
from ctms.demo import own_data
from sites.models import Facility, MigrationBatch, Person, PersonnelRole, Site, SitePersonnel
from sites.services import directory, duplicates
from tests.calendar import TODAY
from tests.conftest import act, person, signed_in
from tests.factories import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _inside(north: Any) -> None:
    """Inside Sponsor North."""


def facilities(*names: str) -> list[tuple[str, str, bool]]:
    found = duplicates.facility_pairs(
        Facility(pk=key, name=name, city="München", country="DE") for key, name in enumerate(names, 1)
    )
    return [(pair.first.name, pair.second.name, pair.is_equal) for pair in found]


@pytest.mark.parametrize(
    ("one", "other", "is_equal"),
    [
        ("Klinikum der Universität", "KLINIKUM DER UNIVERSITAT", True),
        ("Universität München, Klinikum", "Klinikum Universität", True),
        ("St. Anna Hospital", "St Anna Hospital Haematology", False),
        ("Klinikum Großhadern", "Klinikum Grosshadern", True),
        ("Rotkreuzklinikum Nord", "Rotkreuzklinkum Nord", False),
    ],
)
def test_facilities_alike_are_found(one, other, is_equal):
    assert facilities(one, other) == [(one, other, is_equal)]


@pytest.mark.parametrize(
    ("one", "other"), [("Klinik Ost", "Klinik West"), ("Klinik 1", "Klinik 2"), ("Klinikum", "Klinikum Nord")]
)
def test_facilities_unlike_are_not(one, other):
    assert facilities(one, other) == []


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("Dr. Anna Gruber", "Gruber, Anna MD", [True]),
        ("Anna M. Gruber", "Anna Gruber", [False]),
        ("A. Gruber", "Anna Gruber", [False]),
        ("Anna Gruber", "Anna Grubber", [False]),
        ("Anna Gruber", "Otto Gruber", []),
        ("Gruber", "Anna Gruber", []),
    ],
)
def test_people_alike_are_found(one, other, found):
    pairs = duplicates.person_pairs([Person(pk=1, name=one), Person(pk=2, name=other)])
    assert [pair.is_equal for pair in pairs] == found


def test_merging_moves_sites_fills_gaps_and_leaves_a_trail(petra):
    with act(petra, "Same building, told by the CRA"):
        stays = make(Facility, name="LKH Graz", city="Graz", country="AT", postal_code="")
        goes = make(Facility, name="LKH  Graz", city="Graz", country="AT", postal_code="8036")
        older = make(Facility, name="L.K.H. Graz", city="Graz", country="AT")
        site = make(Site, facility=goes)
        duplicates.merge_facilities(survivor=goes, duplicate=older, by=petra)
        duplicates.merge_facilities(survivor=stays, duplicate=goes, by=petra)
    site.refresh_from_db()
    stays.refresh_from_db()
    assert (site.facility, stays.postal_code) == (stays, "8036")
    assert site.history.first().history_change_reason == "Same building, told by the CRA"
    merged = Facility.everything.filter(merged_into=stays)
    assert set(merged) == {goes, older}
    assert not Facility.objects.filter(pk__in=[goes.pk, older.pk]).exists()
    assert directory.known_facility(directory.address_of(goes)) == stays
    client = signed_in("petra")
    assert client.get(f"/in/north/facilities/{goes.pk}/")["Location"] == f"/in/north/facilities/{stays.pk}/"
    assert "LKH  Graz" not in client.get("/in/north/facilities/?q=Graz").content.decode()
    with act(petra), pytest.raises(Refusal, match="merged already"):
        duplicates.merge_facilities(survivor=stays, duplicate=goes, by=petra)


def test_what_both_persons_have_stays_once(petra):
    with act(petra):
        stays, goes, site = make(Person, name="Anna Gruber"), make(Person, name="A. Gruber"), make(Site)
        for someone in (stays, goes):
            make(SitePersonnel, person=someone, site=site, role="COORDINATOR")
        make(SitePersonnel, person=goes, site=site, role=PersonnelRole.OTHER)
        duplicates.merge_people(survivor=stays, duplicate=goes, by=petra)
    roles = SitePersonnel.objects.filter(site=site).values_list("person__name", "role")
    assert sorted(roles) == [("Anna Gruber", "COORDINATOR"), ("Anna Gruber", "OTHER")]
    assert SitePersonnel.everything.filter(site=site).count() == 3


def test_only_for_the_whole_sponsor_and_within_a_country(mara, petra):
    with act(petra):
        one, other = make(Facility, country="NO"), make(Facility, country="SE")
        with pytest.raises(Refusal, match="two countries"):
            duplicates.merge_facilities(survivor=one, duplicate=other, by=petra)
    with act(mara), pytest.raises(NotAllowed):
        duplicates.merge_facilities(survivor=one, duplicate=other, by=mara)
    assert Facility.objects.filter(pk__in=[one.pk, other.pk]).count() == 2
    assert signed_in("mara").get("/in/north/facilities/duplicates/").status_code == 404


def test_over_the_pages(petra):
    with act(petra):
        one, other = (make(Facility, name=name, city="Oslo") for name in ("Haukeland Sykehus", "Haukeland sykehus"))
    client = signed_in("petra")
    page = client.get("/in/north/facilities/duplicates/").content.decode()
    address = f"/in/north/facilities/duplicates/{one.pk}/{other.pk}/"
    assert address in page
    assert client.post(address, {"survivor": one.pk, "reason": ""}).status_code == 422
    assert client.post(address, {"survivor": one.pk, "reason": "Same address"}).status_code == 302
    other.refresh_from_db()
    assert other.merged_into == one


def test_the_demo_leaves_a_pair_to_be_merged_and_a_migration_to_be_signed(north, south, otto):
    own_data.leave(north, person("idris"), south, otto, until=TODAY)
    assert "Nordstadt-Klinikum, Hannover" in signed_in("petra").get("/in/north/facilities/duplicates/").content.decode()
    with in_sponsor(south.pk):
        assert MigrationBatch.objects.get().lines.count() == 9
    assert not MigrationBatch.objects.exists()
