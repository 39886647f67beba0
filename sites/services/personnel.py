"""Who works at a site, from when until when."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from ctms.accounts.models import User
from ctms.core.editing import revise
from ctms.core.permission import demand
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from sites.models import Person, PersonnelRole, Site, SitePersonnel
from sites.startup.opening import add_for_engagements


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
    engagement = SitePersonnel(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, person=person, role=role,
        starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip
    engagement.full_clean()
    _refuse_second_investigator(engagement)
    engagement.save(force_insert=True)
    add_for_engagements([engagement])
    return engagement


@use_case
def edit_personnel(
    *, engagement: SitePersonnel, changes: Mapping[str, Any], version: int | None, by: User
) -> SitePersonnel:
    """Puts right in which role, from when and until when a person works at the site."""
    _locked_for(by, engagement.site)
    engagement = SitePersonnel.objects.select_related("site", "person").locked(engagement.pk)
    revise(engagement, changes, version)
    _refuse_second_investigator(engagement)
    add_for_engagements([engagement])
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
    """Ends a person's work at the site after its last day. A wrong last day is put right by `edit_personnel`."""
    _locked_for(by, engagement.site)
    engagement = SitePersonnel.objects.select_related("person").locked(engagement.pk)
    if engagement.ends_on is not None:
        raise Refusal("ENDED", f"{engagement}: this ended on {engagement.ends_on:%-d %b %Y} already.")
    engagement.ends_on = ends_on
    engagement.full_clean()
    engagement.save(update_fields=["ends_on"])
    return engagement


def _refuse_second_investigator(engagement: SitePersonnel) -> None:
    """One principal investigator at a time, as far as days are known; the day of a handover may be of both."""
    if engagement.role != PersonnelRole.PRINCIPAL_INVESTIGATOR:
        return
    begins, ends = _days(engagement)
    others = engagement.site.personnel.filter(role=engagement.role).exclude(pk=engagement.pk)
    for other in others.select_related("person"):
        since, until = _days(other)
        if (since < ends and begins < until) or (engagement.ends_on is None and other.ends_on is None):
            words = f"until {other.ends_on:%-d %b %Y}" if other.ends_on else "now: end that first"
            raise Refusal("HAS_PI", f"{other.person} is the principal investigator {words}.")


def _days(engagement: SitePersonnel) -> tuple[date, date]:
    """The first and last day on which somebody surely works there; one whose first is not known does on the last."""
    last = engagement.ends_on or date.max
    return engagement.starts_on or last - timedelta(days=1), last


def _locked_for(by: User, site: Site) -> Site:
    site = Site.objects.locked(site.pk)
    demand(
        by=by, verb="sites.edit_personnel", record=site, code="MAY_NOT_EDIT_PERSONNEL",
        sentence="Your roles do not include editing who works here.",
    )  # fmt: skip
    return site
