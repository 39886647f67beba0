"""The sponsor's directory, and who holds which role."""

from typing import Any

from ctms.accounts.lists import OrganisationList
from ctms.api.fields import a_list, an_object
from ctms.api.listings import AssignmentList
from ctms.api.lists import ListEndpoint
from ctms.api.records import RecordEndpoint
from sites.models import Facility, Person
from sites.views.lists import FacilityList, PersonList

_KEY = {"pk": ("The record's key.", 1)}
_PLACE = {"study": {"type": "string"}, "number": {"type": "string"}}


class People(ListEndpoint):
    """The people at sites that the sponsor knows; not the users of the system"""

    tag = "Directory"
    operations = {"GET": "list_people"}
    lists = PersonList


class OnePerson(RecordEndpoint):
    """One person, and where they work or worked"""

    tag = "Directory"
    operations = {"GET": "read_person"}
    said = _KEY
    lists = PersonList
    more_schema = {
        "engagements": a_list(an_object({
            **_PLACE, "role": {"type": "string"},
            "starts_on": {"type": ["string", "null"], "format": "date"},
            "ends_on": {"type": ["string", "null"], "format": "date"},
        }), description="At the sites you may see."),
    }  # fmt: skip

    def more(self, record: Person) -> dict[str, Any]:
        return {"engagements": [
            {"study": one.site.study.slug, "number": one.site.number, "role": one.role,
             "starts_on": one.starts_on, "ends_on": one.ends_on}
            for one in record.engagements.all()  # what the list has fetched: visible ones only
        ]}  # fmt: skip


class Facilities(ListEndpoint):
    """The hospitals and practices that the sponsor knows"""

    tag = "Directory"
    operations = {"GET": "list_facilities"}
    lists = FacilityList


class OneFacility(RecordEndpoint):
    """One facility, and its sites"""

    tag = "Directory"
    operations = {"GET": "read_facility"}
    said = _KEY
    lists = FacilityList
    more_schema = {"sites": a_list(an_object(_PLACE), description="Those you may see.")}

    def more(self, record: Facility) -> dict[str, Any]:
        return {"sites": [{"study": site.study.slug, "number": site.number} for site in record.sites.all()]}


class Organisations(ListEndpoint):
    """The organisations that the sponsor works with, itself included"""

    tag = "Directory"
    operations = {"GET": "list_organisations"}
    lists = OrganisationList


class OneOrganisation(RecordEndpoint):
    """One organisation"""

    tag = "Directory"
    operations = {"GET": "read_organisation"}
    said = _KEY
    lists = OrganisationList


class Assignments(ListEndpoint):
    """Who holds which role where, from when until when; for those who may see access, empty for others"""

    tag = "Access"
    operations = {"GET": "list_assignments"}
    lists = AssignmentList


class OneAssignment(RecordEndpoint):
    """One role of one person"""

    tag = "Access"
    operations = {"GET": "read_assignment"}
    said = _KEY
    lists = AssignmentList
