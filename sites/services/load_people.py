"""The people named at a registry record's locations: names and roles, taken in only when asked for."""

from collections.abc import Mapping

from ctms.core.merging import Tally, merge
from ctms.studies.importers.trial import RegistryLocation
from ctms.studies.services.load_study import REGISTRY, Loaded
from sites.models import Person, PersonnelRole, Site, SitePersonnel

_ROLES = {
    "PRINCIPAL_INVESTIGATOR": PersonnelRole.PRINCIPAL_INVESTIGATOR,
    "SUB_INVESTIGATOR": PersonnelRole.SUB_INVESTIGATOR,
}


def merge_people(
    loaded: Loaded, places: Mapping[str, RegistryLocation], sites: Mapping[str, Site], tally: Tally
) -> None:
    """Puts each person named at a location on the site's list, with no dates: the registry knows none.

    The same name in the same record is taken for the same person.
    """
    source = f"{REGISTRY} {loaded.run.source_record_id}"
    owner = {"sponsor_id": loaded.study.sponsor_id}
    names = {contact.name: None for place in places.values() for contact in place.contacts}
    people = merge(
        list(Person.objects.filter(source=source)),
        [Person(**owner, name=name, source=source) for name in names],
        key=lambda person: person.name, fields=(), tally=tally,
    )  # fmt: skip
    wanted = {
        (sites[key].pk, people[contact.name].pk, role): SitePersonnel(
            **owner, study=loaded.study, site=sites[key], person=people[contact.name], role=role
        )
        for key, place in places.items()
        for contact in place.contacts
        for role in [_ROLES.get(contact.role or "", PersonnelRole.OTHER)]
    }
    merge(
        list(SitePersonnel.objects.filter(study=loaded.study, person__in=[person.pk for person in people.values()])),
        list(wanted.values()),
        key=lambda engagement: (engagement.site_id, engagement.person_id, engagement.role), fields=(), tally=tally,
    )  # fmt: skip
