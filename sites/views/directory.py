"""A facility's and a person's page, with what is known of them, and the forms that change it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.accounts import access
from ctms.studies.importers.countries import country_name
from ctms.web.edits import EditView
from ctms.web.places import InSponsor, PageRequest, found
from sites.forms import FacilityForm, NewFacilityForm, PersonForm
from sites.models import Facility, Person, Site, SitePersonnel
from sites.services import directory


class InFacility(InSponsor):
    page = "facilities"

    @cached_property
    def facility(self) -> Facility:
        """The facility of the address, merged or not."""
        facilities = Facility.everything.visible_to(self.request.user).select_related("merged_into")
        facility: Facility = found(facilities.filter(pk=self.kwargs["facility"]))
        return facility

    @property
    def place_title(self) -> str:
        return str(self.facility)

    def address(self, name: str, facility: Facility) -> str:
        return reverse(name, args=[self.sponsor.code, facility.pk])


class FacilityPage(InFacility):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        facility = self.facility
        if facility.merged_into is not None:
            return redirect(self.address("facility", facility.merged_into))
        sites = Site.objects.visible_to(request.user).filter(facility=facility).select_related("study")
        may_edit = directory.may_edit_facility(request.user, facility)
        context = {
            "facility": facility,
            "facts": facility_facts(facility),
            "sites": [
                {"site": site, "url": reverse("site", args=[self.sponsor.code, site.study.slug, site.number])}
                for site in sites.order_by("study__protocol_no", "number")
            ],
            "absorbed": list(facility.absorbed.all()),
            "edit_url": self.address("facility-edit", facility) if may_edit else "",
        }
        return TemplateResponse(request, "sites/facility.html", context)


class EditFacility(InFacility, EditView):
    form_class = FacilityForm
    title = "Edit facility"
    deed = "Editing a facility"

    def may_enter(self) -> bool:
        return self.facility.merged_into is None and directory.may_edit_facility(self.request.user, self.facility)

    @property
    def record(self) -> Facility:
        return self.facility

    @property
    def heading(self) -> str:
        return self.title

    @property
    def back_url(self) -> str:
        return self.address("facility", self.facility)

    def save(self, said: dict[str, Any], version: int | None) -> Facility:
        return directory.edit_facility(facility=self.facility, changes=said, version=version, by=self.request.user)


class AddFacility(InSponsor, EditView):
    page = "facilities"
    form_class = NewFacilityForm
    title = "Add a facility"
    deed = "Adding a facility"
    submit = "Add"

    def may_enter(self) -> bool:
        return access.may_somewhere(self.request.user, "sites.edit_site")

    @property
    def back_url(self) -> str:
        return reverse("facilities", args=[self.sponsor.code])

    def save(self, said: dict[str, Any], version: int | None) -> Facility:
        return directory.add_facility(sponsor_id=self.sponsor.pk, fields=said, by=self.request.user)

    def next_url(self, record: Facility) -> str:
        return reverse("facility", args=[self.sponsor.code, record.pk])


class InPerson(InSponsor):
    page = "people"

    @cached_property
    def person(self) -> Person:
        """The person of the address, merged or not."""
        people = Person.everything.visible_to(self.request.user).select_related("merged_into")
        person: Person = found(people.filter(pk=self.kwargs["person"]))
        return person

    @property
    def place_title(self) -> str:
        return self.person.name

    def address(self, name: str, person: Person) -> str:
        return reverse(name, args=[self.sponsor.code, person.pk])


class PersonPage(InPerson):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = self.person
        if person.merged_into is not None:
            return redirect(self.address("person", person.merged_into))
        engagements = SitePersonnel.objects.visible_to(request.user).filter(person=person)
        may_edit = directory.may_edit_person(request.user, person)
        context = {
            "person": person,
            "facts": person_facts(person),
            "engagements": [
                {"one": one, "url": reverse("site-people", args=[self.sponsor.code, one.study.slug, one.site.number])}
                for one in engagements.select_related("site", "study").order_by("study__protocol_no", "site__number")
            ],
            "absorbed": list(person.absorbed.all()),
            "edit_url": self.address("person-edit", person) if may_edit else "",
        }
        return TemplateResponse(request, "sites/person.html", context)


class EditPerson(InPerson, EditView):
    form_class = PersonForm
    title = "Edit person"
    deed = "Editing a person"

    def may_enter(self) -> bool:
        return self.person.merged_into is None and directory.may_edit_person(self.request.user, self.person)

    @property
    def record(self) -> Person:
        return self.person

    @property
    def back_url(self) -> str:
        return self.address("person", self.person)

    def save(self, said: dict[str, Any], version: int | None) -> Person:
        return directory.edit_person(person=self.person, changes=said, version=version, by=self.request.user)


class AddPerson(InSponsor, EditView):
    page = "people"
    form_class = PersonForm
    title = "Add a person"
    deed = "Adding a person"
    submit = "Add"

    def may_enter(self) -> bool:
        return access.may_somewhere(self.request.user, "sites.edit_personnel")

    @property
    def back_url(self) -> str:
        return reverse("people", args=[self.sponsor.code])

    def save(self, said: dict[str, Any], version: int | None) -> Person:
        return directory.add_person(sponsor_id=self.sponsor.pk, fields=said, by=self.request.user)

    def next_url(self, record: Person) -> str:
        return reverse("person", args=[self.sponsor.code, record.pk])


def facility_facts(facility: Facility) -> list[dict[str, Any]]:
    """What is known of a facility, as label and value."""
    known = facility.latitude is not None
    return [
        {"label": "Name", "value": facility.name or "Not disclosed"},
        {"label": "City", "value": facility.city},
        {"label": "State or region", "value": facility.region},
        {"label": "Postal code", "value": facility.postal_code},
        {"label": "Country", "value": country_name(facility.country)},
        {"label": "Coordinates", "value": f"{facility.latitude}, {facility.longitude}" if known else ""},
        {"label": "Time zone", "value": facility.time_zone},
    ]


def person_facts(person: Person) -> list[dict[str, Any]]:
    """What is known of a person at sites, as label and value."""
    return [
        {"label": "E-mail", "value": person.email},
        {"label": "Source", "value": person.source or "Entered here"},
    ]
