"""Making and changing a site by hand, and taking back one that was made by mistake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ctms.accounts.models import ScopeKind, User
from ctms.accounts.services.scopes import new_scopes
from ctms.core.editing import refuse_without, revise
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from ctms.studies.models import StudyCountry
from sites.lifecycle import IDENTIFY, SITE
from sites.models import Facility, Site, SiteStatusEvent
from sites.services.directory import Address, known_facility, new_facility


@use_case
def create_site(
    *, country: StudyCountry, number: str, place: Mapping[str, str], by: User, at: datetime, reason: str = ""
) -> Site:
    """Makes a candidate site in a country of a study, with its first event.

    Args:
        number: the sponsor's own, without blanks and slashes.
        place: name (blank: not disclosed), city, region, postal_code of its facility. One of this name and address
            that the directory has already is taken.
    """
    country = StudyCountry.objects.select_related("scope", "study").locked(country.pk)
    refuse_without(by, "sites.edit_site", country, "making sites in this country")
    place = {name: " ".join(words.split()) for name, words in place.items()}
    address = Address(country.country, place["city"], place.get("name", ""), place.get("postal_code", ""))
    facility = known_facility(address)
    if facility is None:
        facility = new_facility(country.sponsor_id, {**place, "country": country.country})
    (scope,) = new_scopes(ScopeKind.SITE, [(country.scope, number)])
    site = Site(
        sponsor_id=country.sponsor_id, study_id=country.study_id, scope=scope, country=country, facility=facility,
        number=number, operational_status=SITE.start, status_on=at.date(),
    )  # fmt: skip
    site.status_on = site.today(at)
    _refuse_unusable_number(number)
    site.full_clean()
    site.save(force_insert=True)
    SiteStatusEvent.objects.create(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, kind=SiteStatusEvent.Kind.OPERATIONAL,
        move=IDENTIFY, to_status=SITE.start, effective_on=site.status_on, recorded_at=at, recorded_by=by,
        reason=reason.strip() or "Entered by hand",
    )  # fmt: skip
    return site


@use_case
def edit_site(*, site: Site, changes: Mapping[str, Any], version: int | None, by: User) -> Site:
    """Changes a site's number or facility. Status, dates and people have services of their own."""
    site = Site.objects.select_related("scope", "country").locked(site.pk)
    refuse_without(by, "sites.edit_site", site, "editing this site")
    facility: Facility = changes.get("facility", site.facility)
    if facility.country != site.country.country:
        sentence = f"Choose a facility in {site.country}: the site belongs to that country."
        raise BadInput("COUNTRY", sentence, fields={"facility": sentence})
    if "number" in changes:
        _refuse_unusable_number(changes["number"])
    changed = revise(site, changes, version)
    if "number" in changed:
        site.scope.label = site.number
        site.scope.save(update_fields=["label"])
    return site


@use_case
def take_back_site(*, site: Site, by: User) -> Site:
    """Takes back a site that this person made by mistake, as long as nothing else has happened to it.

    The reason is that of the act. The row stays, marked; its number is free again.
    """
    site = Site.objects.select_related("scope").locked(site.pk)
    refuse_without(by, "sites.edit_site", site, "taking back this site")
    if not is_fresh(site, by):
        raise Refusal("NOT_FRESH", f"{site} cannot be taken back: others made it, or something has happened to it.")
    site.voided = True
    site.save(update_fields=["voided"])
    return site


def is_fresh(site: Site, by: Any) -> bool:
    """Whether nothing has happened to the site but that this person made it."""
    first, *more = site.status_events.all()[:2]
    touched = more or site.evidence.exists() or site.personnel.exists() or site.history.count() > 1
    return not touched and first.recorded_by_id == by.pk


def _refuse_unusable_number(number: str) -> None:
    if not number.strip(".") or "/" in number or any(letter.isspace() for letter in number):
        sentence = "A site number has neither blanks nor slashes."
        raise BadInput("NUMBER", sentence, fields={"number": sentence})
