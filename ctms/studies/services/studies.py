"""Making and changing a study by hand, and the countries it runs in."""

from collections.abc import Mapping
from typing import Any

from ctms.accounts.models import ScopeKind, Sponsor, User
from ctms.accounts.services.scopes import new_scopes, root_scope
from ctms.core import protocols
from ctms.core.editing import refuse_without, revise
from ctms.core.refusals import BadInput, NotAllowed
from ctms.core.use_case import use_case
from ctms.studies.importers.countries import country_name
from ctms.studies.models import Programme, Study, StudyCountry


@use_case
def create_study(*, sponsor: Sponsor, fields: Mapping[str, Any], new_programme: str = "", by: User) -> Study:
    """Makes a study and its place in the scope tree. A right of the whole sponsor.

    Args:
        fields: what it is, by model field; the protocol number and a title at least.
        new_programme: the code of a programme that is not there yet, instead of `fields["programme"]`.
    """
    root = root_scope(sponsor.pk)
    if not protocols.authority().may(by, "studies.create_study", root):
        raise NotAllowed("MAY_NOT_CREATE", "Your roles do not include making new studies.", recorded=True)
    study = Study(sponsor=sponsor, **_with_programme(sponsor.pk, fields, new_programme))
    study.slug = Study.slug_of(study.protocol_no)
    (study.scope,) = new_scopes(ScopeKind.STUDY, [(root, study.protocol_no)])
    study.full_clean()
    _refuse_impossible_dates(study)
    study.save(force_insert=True)
    return study


@use_case
def edit_study(
    *, study: Study, changes: Mapping[str, Any], new_programme: str = "", version: int | None, by: User
) -> Study:
    """Changes fields of a study. A new protocol number also renames its place in addresses and in the scope tree."""
    study = Study.objects.select_related("scope").locked(study.pk)
    refuse_without(by, "studies.edit_study", study, "editing this study")
    changes = _with_programme(study.sponsor_id, changes, new_programme)
    if "protocol_no" in changes:
        changes["slug"] = Study.slug_of(changes["protocol_no"])
    changed = revise(study, changes, version)
    _refuse_impossible_dates(study)
    if "protocol_no" in changed:
        study.scope.label = study.protocol_no
        study.scope.save(update_fields=["label"])
    return study


@use_case
def add_country(*, study: Study, country: str, by: User) -> StudyCountry:
    """Lets the study run in a country, given by its ISO alpha-2 code."""
    study = Study.objects.select_related("scope").locked(study.pk)
    refuse_without(by, "studies.edit_study", study, "editing this study")
    try:
        name = country_name(country)
    except KeyError:
        raise BadInput("COUNTRY", "Choose a country.", fields={"country": "There is no such country."}) from None
    (scope,) = new_scopes(ScopeKind.COUNTRY, [(study.scope, name)])
    added = StudyCountry(sponsor_id=study.sponsor_id, study=study, scope=scope, country=country)
    added.full_clean()
    added.save(force_insert=True)
    return added


def _with_programme(sponsor_id: int, fields: Mapping[str, Any], code: str) -> dict[str, Any]:
    """The fields, with the programme of this code, made if need be."""
    if not code.strip():
        return dict(fields)
    programme = Programme.objects.filter(code=code.strip()).first()
    if programme is None:
        programme = Programme(sponsor_id=sponsor_id, code=code.strip(), name=code.strip())
        programme.full_clean()
        programme.save(force_insert=True)
    return {**fields, "programme": programme}


def _refuse_impossible_dates(study: Study) -> None:
    """An end may lie anywhere in its month or year, so only what cannot be at all is refused."""
    for name in ("primary_completion", "completion"):
        end = getattr(study, name)
        if study.start is not None and end is not None and end.latest() < study.start.earliest():
            sentence = f"This is before the study starts, {study.start.display()}."
            raise BadInput("DATES", "The dates of the study contradict each other.", fields={name: sentence})
