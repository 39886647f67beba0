"""Planning places from the standard templates, and saying what one expects of a milestone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from ctms.accounts.models import Scope, ScopeKind, User
from ctms.core.acting import current_act
from ctms.core.editing import refuse_without, revise
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from ctms.milestones.catalog import POSITIONS, TEMPLATES
from ctms.milestones.models import Milestone
from ctms.milestones.services.outlooks import take_stock
from ctms.studies.models import Study

_DOING = "planning milestones"


@use_case
def plan_places(*, study: Study, places: Sequence[Scope], starts_on: date, by: User, at: datetime) -> int:
    """Gives places of the study the milestones of their level, with the template's days counted from `starts_on`.

    Returns:
        How many places were planned; one that has a plan already is refused.
    """
    study = Study.objects.select_related("scope").locked(study.pk)
    if not places:
        sentence = "There is no place without a plan among these."
        raise BadInput("NO_PLACES", sentence, fields={"place": sentence})
    milestones = []
    for place in places:
        if place.kind == ScopeKind.SPONSOR or not study.scope.contains(place):
            raise BadInput("PLACE", "Choose the study, or a country or site of it.")
        refuse_without(by, "milestones.edit_milestone", place, _DOING)
        milestones += [
            Milestone(
                sponsor_id=study.sponsor_id, study=study, scope=place, level=place.kind, code=standard.code,
                position=POSITIONS[standard.code], planned_on=starts_on + timedelta(days=standard.day),
            )
            for standard in TEMPLATES[place.kind]
        ]  # fmt: skip
    planned = Milestone.objects.filter(scope__in=[place.pk for place in places]).select_related("scope").first()
    if planned is not None:
        raise Refusal("PLANNED", f"{planned.scope} has a plan already.")
    Milestone.objects.bulk_create(milestones, batch_size=1000)
    take_stock(study=study, at=at)
    return len(places)


@use_case
def enter_days(*, study: Study, days: Mapping[int, date], reference: str, by: User, at: datetime) -> int:
    """Enters by hand, from one proof, the days on which several milestones were reached that no room tells.

    Args:
        days: milestone's key -> day.
    """
    milestones = _locked(study, days, by)
    if not reference.strip():
        raise BadInput("REFERENCE", "Say where the proof is.", fields={"reference": "Say where the proof is."})
    for milestone in milestones:
        _refuse_ahead(days[milestone.pk], at)
        if milestone.standard.is_told:
            raise Refusal("NOT_BY_HAND", f"The day of “{milestone}” follows from what other systems say.")
        milestone.entered_on, milestone.reference = days[milestone.pk], reference.strip()
    Milestone.objects.bulk_update(milestones, ["entered_on", "reference"], batch_size=500)
    take_stock(study=study, at=at)
    return len(milestones)


@use_case
def expect_days(*, study: Study, days: Mapping[int, tuple[date, str]], by: User, at: datetime) -> int:
    """Says of several milestones when they are expected, and what delays each; what depends on them follows.

    Args:
        days: milestone's key -> day and reason.
    """
    milestones = _locked(study, days, by)
    for milestone in milestones:
        milestone.expected_on, milestone.delay_reason = days[milestone.pk]
    Milestone.objects.bulk_update(milestones, ["expected_on", "delay_reason"], batch_size=500)
    take_stock(study=study, at=at)
    return len(milestones)


@use_case
def edit_milestone(
    *, milestone: Milestone, changes: Mapping[str, Any], version: int | None, by: User, at: datetime
) -> Milestone:
    """Changes plan, own forecast or entered day of a milestone; forecasts of what depends on it follow.

    Raises:
        BadInput: a day by hand that is yet to come, or one for which a system of record stands, without a reason.
    """
    study = Study.objects.select_related("scope").locked(milestone.study_id)
    milestone = Milestone.objects.select_related("scope", "study__scope").locked(milestone.pk)
    refuse_without(by, "milestones.edit_milestone", milestone, _DOING)
    entered = changes.get("entered_on", milestone.entered_on)
    _refuse_ahead(entered, at)
    if milestone.standard.is_told and entered not in (None, milestone.entered_on) and not current_act().by_person:
        sentence = "Its day follows from what other systems say: say why it is entered by hand."
        raise BadInput("REASON", sentence, fields={"reason": sentence})
    revise(milestone, changes, version)
    take_stock(study=study, at=at)
    return milestone


def _locked(study: Study, keys: Iterable[int], by: User) -> list[Milestone]:
    """These milestones of the study, which this person may edit."""
    study = Study.objects.select_related("scope").locked(study.pk)
    wanted = Milestone.objects.filter(pk__in=list(keys), study=study).select_related("scope")
    milestones = list(wanted.select_for_update(of=("self",)))
    for milestone in milestones:
        refuse_without(by, "milestones.edit_milestone", milestone, _DOING)
    return milestones


def _refuse_ahead(day: date | None, at: datetime) -> None:
    if day is not None and day > at.date():
        sentence = "This day has not come yet."
        raise BadInput("DAY", sentence, fields={"entered_on": sentence})
