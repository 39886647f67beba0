"""A study's arms as designed, its protocol versions, and from when each holds where."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from ctms.accounts.models import User
from ctms.core.editing import refuse_without, revise
from ctms.core.refusals import BadInput
from ctms.core.use_case import use_case
from ctms.studies.models import Arm, ProtocolEffect, ProtocolVersion, Study

_DOING = "editing this study"


@use_case
def add_arm(*, study: Study, fields: Mapping[str, Any], by: User) -> Arm:
    """Adds an arm behind the others."""
    study = _locked_for(by, study)
    last = Arm.objects.filter(study=study).aggregate(last=Max("position"))["last"] or 0
    return _added(Arm(sponsor_id=study.sponsor_id, study=study, position=last + 1, **fields))


@use_case
def edit_arm(*, arm: Arm, changes: Mapping[str, Any], version: int | None, by: User) -> Arm:
    """Changes an arm as designed."""
    return _edited(arm, changes, version, by)


@use_case
def add_protocol_version(*, study: Study, fields: Mapping[str, Any], by: User) -> ProtocolVersion:
    """Adds a version of the protocol; where it holds from when is said apart."""
    study = _locked_for(by, study)
    return _added(ProtocolVersion(sponsor_id=study.sponsor_id, study=study, **fields))


@use_case
def edit_protocol_version(
    *, protocol_version: ProtocolVersion, changes: Mapping[str, Any], version: int | None, by: User
) -> ProtocolVersion:
    """Changes what is known of a protocol version."""
    return _edited(protocol_version, changes, version, by)


@use_case
def add_effect(*, protocol_version: ProtocolVersion, fields: Mapping[str, Any], by: User) -> ProtocolEffect:
    """Says from which day a protocol version holds in a country or at a site of the study."""
    study = _locked_for(by, protocol_version.study)
    effect = ProtocolEffect(
        sponsor_id=study.sponsor_id, study=study, protocol_version=protocol_version, **fields
    )  # fmt: skip
    _refuse_foreign_place(study, effect)
    return _added(effect)


@use_case
def edit_effect(*, effect: ProtocolEffect, changes: Mapping[str, Any], version: int | None, by: User) -> ProtocolEffect:
    """Changes where or from when a protocol version holds."""
    edited = _edited(effect, changes, version, by)
    _refuse_foreign_place(edited.study, edited)
    return edited


def _locked_for(by: User, study: Study) -> Study:
    study = Study.objects.select_related("scope").locked(study.pk)
    refuse_without(by, "studies.edit_study", study, _DOING)
    return study


def _added(record: Any) -> Any:
    record.full_clean()
    record.save(force_insert=True)
    return record


def _edited(record: Any, changes: Mapping[str, Any], version: int | None, by: User) -> Any:
    record = type(record).objects.select_related("study__scope").locked(record.pk)
    refuse_without(by, "studies.edit_study", record, _DOING)
    revise(record, changes, version)
    return record


def _refuse_foreign_place(study: Study, effect: ProtocolEffect) -> None:
    if not study.scope.contains(effect.scope) or effect.scope_id == study.scope_id:
        sentence = "Choose a country or a site of this study."
        raise BadInput("PLACE", sentence, fields={"scope": sentence})
