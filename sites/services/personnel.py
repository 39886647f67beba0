"""Who works at a site, from when until when."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from ctms.accounts.models import User
from ctms.core.editing import revise
from ctms.core.permission import demand
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from sites.models import Person, PersonnelRole, Site, SitePersonnel


@use_case
def add_personnel(
    *, site: Site, person: Person | None = None, new_name: str = "", role: PersonnelRole, starts_on: date | None,
    by: User, ends_on: date | None = None,
) -> SitePersonnel:  # fmt: skip
    """Puts a person of the directory, or a new one by name, on the site's list.

    A site has one principal investigator at a time.
    """
    site = _locked_for(by, site)
    if person is None:
        person = Person(sponsor_id=site.sponsor_id, name=new_name.strip())
        person.full_clean()
        person.save(force_insert=True)
    elif not Person.objects.visible_to(by).filter(pk=person.pk).exists():
        raise BadInput("PERSON", "Choose a person you know.", fields={"person": "Choose a person you know."})
    if role == PersonnelRole.PRINCIPAL_INVESTIGATOR and ends_on is None:
        current = site.personnel.filter(role=role, ends_on=None).select_related("person").first()
        if current is not None:
            raise Refusal("HAS_PI", f"{current.person} is the principal investigator: end that first.")
    engagement = SitePersonnel(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, person=person, role=role,
        starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip
    engagement.full_clean()
    engagement.save(force_insert=True)
    return engagement


@use_case
def edit_personnel(
    *, engagement: SitePersonnel, changes: Mapping[str, Any], version: int | None, by: User
) -> SitePersonnel:
    """Puts right in which role, from when and until when a person works at the site."""
    site = _locked_for(by, engagement.site)
    engagement = SitePersonnel.objects.select_related("site", "person").locked(engagement.pk)
    revise(engagement, changes, version)
    investigators = site.personnel.filter(role=PersonnelRole.PRINCIPAL_INVESTIGATOR, ends_on=None)
    if engagement in investigators and investigators.count() > 1:
        raise Refusal("HAS_PI", "The site has a principal investigator already: end that first.")
    return engagement


@use_case
def take_back_personnel(*, engagement: SitePersonnel, by: User) -> SitePersonnel:
    """Takes back what this person entered by mistake, as long as it was not changed since. The row stays, marked."""
    _locked_for(by, engagement.site)
    engagement = SitePersonnel.objects.select_related("person").locked(engagement.pk)
    entries = list(engagement.history.order_by("history_id")[:2])
    if len(entries) > 1 or entries[0].history_user_id != by.pk:
        raise Refusal("NOT_FRESH", f"{engagement}: somebody else entered this, or it was changed since.")
    engagement.voided = True
    engagement.save(update_fields=["voided"])
    return engagement


@use_case
def end_personnel(*, engagement: SitePersonnel, ends_on: date, by: User) -> SitePersonnel:
    """Ends a person's work at the site after its last day."""
    _locked_for(by, engagement.site)
    engagement = SitePersonnel.objects.locked(engagement.pk)
    engagement.ends_on = ends_on
    engagement.full_clean()
    engagement.save(update_fields=["ends_on"])
    return engagement


def _locked_for(by: User, site: Site) -> Site:
    site = Site.objects.locked(site.pk)
    demand(
        by=by, verb="sites.edit_personnel", record=site, code="MAY_NOT_EDIT_PERSONNEL",
        sentence="Your roles do not include editing who works here.",
    )  # fmt: skip
    return site
