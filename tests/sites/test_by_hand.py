"""Sites, facilities and people made, changed and taken back by hand."""

from typing import Any

import pytest

from ctms.core.refusals import BadInput, NotAllowed, Refusal
from ctms.core.versions import version_of
from ctms.studies.models import StudyCountry
from sites.models import Facility, PersonnelRole, Site, SitePersonnel
from sites.services import directory, personnel
from sites.services import sites as site_services
from tests.conftest import act, person, signed_in
from tests.factories import make

pytestmark = pytest.mark.django_db
PLACE = {"name": "Klinikum Nord", "city": "Graz", "region": "", "postal_code": "8010"}


def made(by: Any, at: Any, number: str = "AT-900", **place: str) -> Site:
    with act(by):
        return site_services.create_site(
            country=StudyCountry.objects.get(country="AT"), number=number, place=PLACE | place, by=by, at=at
        )


def test_a_site_by_hand_has_scope_event_and_time_zone(north, mara, now):
    site = made(mara, now)
    assert (site.scope.label, site.scope.parent, site.facility.time_zone) == (
        "AT-900", site.country.scope, "Europe/Vienna",
    )  # fmt: skip
    (event,) = site.status_events.all()
    assert (event.to_status, event.recorded_by) == ("IDENTIFIED", mara)


def test_a_known_facility_is_taken_and_an_undisclosed_one_never_shared(north, mara, now):
    first = made(mara, now)
    assert made(mara, now, "AT-901", name="KLINIKUM  nord").facility == first.facility
    hidden = made(mara, now, "AT-902", name="").facility
    assert made(mara, now, "AT-903", name="").facility != hidden


@pytest.mark.parametrize("number", ["AT-001", "AT 900", "AT/900", ""])
def test_a_number_that_is_taken_or_no_number_is_refused(north, mara, now, number):
    before = (Site.objects.count(), Facility.objects.count())
    with pytest.raises(Refusal):
        made(mara, now, number)
    assert (Site.objects.count(), Facility.objects.count()) == before


def test_who_works_elsewhere_makes_no_site_here(north, now):
    idris = person("idris")
    with act(idris), pytest.raises(NotAllowed):
        site_services.create_site(
            country=StudyCountry.objects.get(country="US"), number="US-900", place=PLACE, by=idris, at=now
        )
    assert not Site.objects.filter(number="US-900").exists()


def test_undo_takes_back_a_fresh_site_and_no_other(north, mara, petra, now):
    site = made(mara, now)
    with act(petra), pytest.raises(Refusal, match="others made it"):
        site_services.take_back_site(site=site, by=petra)
    with act(mara):
        site_services.take_back_site(site=site, by=mara)
    assert not Site.objects.filter(pk=site.pk).exists()
    assert Site.everything.get(pk=site.pk).voided
    again = made(mara, now)  # the number is free again
    with act(mara):
        personnel.add_personnel(site=again, new_name="Jo Ray", role=PersonnelRole.OTHER, starts_on=None, by=mara)
        with pytest.raises(Refusal, match="something has happened"):
            site_services.take_back_site(site=again, by=mara)
    assert Site.objects.filter(pk=again.pk).exists()


def test_undo_over_the_pages(north, mara):
    client = signed_in("mara")
    address = "/in/north/s/D3460C00002/site/DE-001/people/"
    said = {"name": "Jo Ray", "role": "COORDINATOR", "reason": "Delegation log"}
    page = client.post(address, said, follow=True).content.decode()
    site = Site.objects.get(number="DE-001")
    (one,) = site.personnel.filter(person__name="Jo Ray")
    undo = f"{address}{one.pk}/take-back/"
    assert f'action="{undo}"' in page
    assert client.get(undo).status_code == 405
    page = client.post(undo, follow=True).content.decode()
    assert "Jo Ray, Study coordinator: taken back." in page
    assert not site.personnel.filter(pk=one.pk).exists()
    assert one.history.first().history_change_reason == "Undone: entered by mistake"
    assert client.post(undo).status_code == 404


def test_offered_are_people_of_the_facility_and_whoever_is_found_by_name(north, mara):
    client, address = signed_in("mara"), "/in/north/s/D3460C00002/site/DE-001/people/"

    def offered(who=""):
        page = client.get(address, {"who": who} if who else {})
        return {words for key, words in page.context["form"].fields["person"].choices if key}

    known = {number: add_to(Site.objects.get(number=number), name, mara)
             for number, name in {"DE-001": "Jo Ray", "DE-002": "Max Far", "US-004": "Mia Far"}.items()}  # fmt: skip
    assert offered() & {"Jo Ray", "Max Far", "Mia Far"} == {"Jo Ray"}
    assert offered("far") == {"Max Far", "Mia Far"}
    assert offered("nobody") == set()
    said = {"person": known["DE-002"].person_id, "role": "PHARMACIST", "reason": "Delegation log"}
    refused = client.post(address, {**said, "role": ""}).context["form"]
    assert (said["person"], "Max Far") in refused.fields["person"].choices, "what was chosen stays"
    before = SitePersonnel.objects.count()
    assert client.post(address, {**said, "person": "9" * 5000}).status_code == 422
    assert SitePersonnel.objects.count() == before
    assert client.post(address, said).status_code == 302
    assert "Max Far" in offered()


def add_to(site, name, by):
    with act(by):
        return personnel.add_personnel(site=site, new_name=name, role=PersonnelRole.OTHER, starts_on=None, by=by)


def test_editing_a_site_keeps_it_in_its_country(north, mara, now):
    site = made(mara, now)
    version = version_of(site)
    with act(mara):
        abroad = make(Facility, country="NO")
        with pytest.raises(BadInput, match="Austria"):
            site_services.edit_site(site=site, changes={"facility": abroad}, version=version, by=mara)
        site_services.edit_site(site=site, changes={"number": "AT-950"}, version=version, by=mara)
    site = Site.objects.select_related("scope").get(pk=site.pk)
    assert (site.number, site.scope.label) == ("AT-950", "AT-950")


def test_a_facility_is_edited_by_who_edits_a_site_there(north, mara):
    facility = Site.objects.filter(country__country="US").first().facility
    idris = person("idris")
    with act(idris), pytest.raises(NotAllowed):
        directory.edit_facility(facility=facility, changes={"city": "X"}, version=None, by=idris)
    with act(mara):
        with pytest.raises(BadInput) as error:
            directory.edit_facility(facility=facility, changes={"time_zone": "Mars/One"}, version=None, by=mara)
        directory.edit_facility(facility=facility, changes={"city": "Mesa"}, version=version_of(facility), by=mara)
    assert list(error.value.fields) == ["time_zone"]
    facility.refresh_from_db()
    assert facility.city == "Mesa"


def test_a_second_principal_investigator_does_not_come_in_by_an_edit(north, mara, now):
    site = made(mara, now)
    with act(mara):
        role = PersonnelRole.PRINCIPAL_INVESTIGATOR
        personnel.add_personnel(site=site, new_name="A", role=role, starts_on=None, by=mara)
        other = personnel.add_personnel(site=site, new_name="B", role="OTHER", starts_on=None, by=mara)
        with pytest.raises(Refusal, match="principal investigator"):
            personnel.edit_personnel(engagement=other, changes={"role": role}, version=version_of(other), by=mara)
    other.refresh_from_db()
    assert other.role == "OTHER"
