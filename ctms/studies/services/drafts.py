"""Building a version of the visit schedule by hand: visits and contacts, while it is a draft.

Parts are taken out and put back, never deleted: a part without a position is no longer in the draft. All changes of one
draft wait for each other on its row.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Case, F, Max, Value, When

from ctms.accounts.models import User
from ctms.core.editing import refuse_without, revise
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from ctms.integrations.registry import Domain, refuse_unless_master
from ctms.studies.models import (
    ContactActivity,
    ProtocolVersion,
    ScheduledActivity,
    ScheduledContact,
    ScheduledVisit,
    ScheduleStatus,
    Study,
    VisitSchedule,
)

Part = ScheduledVisit | ScheduledContact


@use_case
def draft_schedule(
    *, study: Study, copied_from: VisitSchedule | None = None, protocol_version: ProtocolVersion | None = None, by: User
) -> VisitSchedule:
    """Adds the next version of the study's schedule as a draft: empty, or with all parts of an earlier version."""
    study = Study.objects.select_related("scope").locked(study.pk)
    refuse_without(by, "studies.edit_study", study, "editing this study")
    refuse_unless_master(study.scope, Domain.SCHEDULE)
    last = VisitSchedule.objects.filter(study=study).aggregate(last=Max("number"))["last"] or 0
    draft = VisitSchedule(
        sponsor_id=study.sponsor_id, study=study, number=last + 1, protocol_version=protocol_version,
        source_study=copied_from.source_study if copied_from else "",
    )  # fmt: skip
    draft.full_clean()
    draft.save(force_insert=True)
    if copied_from is not None:
        _copy_parts(copied_from, draft)
    return draft


@use_case
def add_visit(*, schedule: VisitSchedule, fields: Mapping[str, Any], by: User) -> ScheduledVisit:
    """Adds a visit behind the others; its code is made up where none is given."""
    return _add(ScheduledVisit, schedule, fields, by, prefix="V")


@use_case
def edit_visit(*, visit: ScheduledVisit, changes: Mapping[str, Any], version: int | None, by: User) -> ScheduledVisit:
    """Changes a visit of a draft."""
    _locked_draft(visit.schedule_id, by)
    visit = ScheduledVisit.objects.locked(visit.pk)
    revise(visit, changes, version)
    return visit


@use_case
def add_contact(
    *, schedule: VisitSchedule, fields: Mapping[str, Any], activities: Iterable[str] = (), by: User
) -> ScheduledContact:
    """Adds a contact behind the others.

    Args:
        fields: `offset` counts from the `anchor` contact or, without one, from day 0.
        activities: what is done there, by name; those the schedule has not yet are added to it.
    """
    contact = _add(ScheduledContact, schedule, fields, by, prefix="C")
    _place(contact.schedule_id)
    _do(contact, added=activities)
    contact.refresh_from_db()
    return contact


@use_case
def edit_contact(
    *, contact: ScheduledContact, changes: Mapping[str, Any], added: Iterable[str] = (), removed: Iterable[str] = (),
    version: int | None, by: User,
) -> ScheduledContact:  # fmt: skip
    """Changes a contact of a draft, and the day of every contact that is measured from it.

    Args:
        added, removed: activities by name, so that two people can change the list without undoing each other.
    """
    _locked_draft(contact.schedule_id, by)
    contact = ScheduledContact.objects.locked(contact.pk)
    before = contact.offset
    if "offset" in changes and changes["offset"] != before:
        changes = {**changes, "offset_text": ""}  # no longer as a file had it
    if changes.get("anchor", contact.anchor) is None and "offset" in changes:
        changes = {**changes, "day": changes["offset"]}
    revise(contact, changes, version)
    _place(contact.schedule_id)
    _do(contact, added, removed)
    contact.refresh_from_db()
    return contact


@use_case
def shift(*, part: Part, by_places: int, by: User) -> Part:
    """Lets a visit or contact change places with the one before (-1) or behind it (+1); at the end it stays."""
    _locked_draft(part.schedule_id, by)
    part = type(part).objects.get(pk=part.pk)
    others = type(part).objects.filter(schedule=part.schedule_id)
    if by_places < 0:
        neighbour = others.filter(position__lt=part.position).order_by("-position").first()
    else:
        neighbour = others.filter(position__gt=part.position).order_by("position").first()
    if neighbour is not None:
        swapped = Case(When(pk=part.pk, then=Value(neighbour.position)), default=Value(part.position))
        others.filter(pk__in=[part.pk, neighbour.pk]).update(position=swapped)
    return part


@use_case
def remove(*, part: Part, by: User) -> Part:
    """Takes a visit or contact out of a draft. Nothing may depend on it."""
    _locked_draft(part.schedule_id, by)
    part = type(part).objects.get(pk=part.pk)
    if isinstance(part, ScheduledVisit) and (contact := part.contacts.first()):
        raise Refusal("HAS_CONTACTS", f"{part} still has contacts, {contact} for one: move or remove them first.")
    if isinstance(part, ScheduledContact) and (placed := part.placed.first()):
        raise Refusal("IS_ANCHOR", f"{placed} is measured from {part}: measure it from another first.")
    part.position = None
    part.save(update_fields=["position"])
    return part


@use_case
def put_back(*, part: Part, by: User) -> Part:
    """Puts what was removed back where it was, or at the end where that place is taken."""
    _locked_draft(part.schedule_id, by)
    part = type(part).everything.get(pk=part.pk)
    if part.position is not None:
        return part
    before = part.history.exclude(position=None).order_by("-history_id").values_list("position", flat=True).first()
    taken = type(part).objects.filter(schedule=part.schedule_id, position=before).exists()
    part.position = _behind(type(part), part.schedule_id) if taken or before is None else before
    part.save(update_fields=["position"])
    return part


def _add(model: Any, schedule: VisitSchedule, fields: Mapping[str, Any], by: User, *, prefix: str) -> Any:
    schedule = _locked_draft(schedule.pk, by)
    position = _behind(model, schedule.pk)
    fields = {**fields, "code": fields.get("code") or f"{prefix}{position}"}
    part = model(
        sponsor_id=schedule.sponsor_id, study_id=schedule.study_id, schedule=schedule, position=position, **fields
    )
    part.full_clean()
    part.save(force_insert=True)
    return part


def _behind(model: Any, schedule_id: int) -> int:
    last = model.objects.filter(schedule=schedule_id).aggregate(last=Max("position"))["last"]
    return int(last or 0) + 1


def _locked_draft(schedule_id: int, by: User) -> VisitSchedule:
    schedule: VisitSchedule = VisitSchedule.objects.select_related("study__scope").locked(schedule_id)
    refuse_without(by, "studies.edit_study", schedule, "editing this study")
    if schedule.status != ScheduleStatus.DRAFT:
        raise Refusal(
            "NOT_A_DRAFT", f"{schedule} is {schedule.get_status_display().lower()}: make a new version of it."
        )
    return schedule


def _place(schedule_id: int) -> None:
    """Brings the day of each contact to what its anchor and offset say. Contacts measured in a circle are refused."""
    contacts = {contact.pk: contact for contact in ScheduledContact.objects.filter(schedule=schedule_id)}

    def day_of(contact: ScheduledContact, on_the_way: frozenset[int]) -> timedelta | None:
        if contact.pk in on_the_way:
            sentence = f"{contact} would be measured from itself, through other contacts."
            raise BadInput("CIRCLE", sentence, fields={"anchor": sentence})
        if contact.anchor_id is None:
            return contact.day if contact.offset is None else contact.offset
        anchored_on = day_of(contacts[contact.anchor_id], on_the_way | {contact.pk})
        return None if anchored_on is None or contact.offset is None else anchored_on + contact.offset

    days = {key: day_of(contact, frozenset()) for key, contact in contacts.items()}
    moved = [contact for key, contact in contacts.items() if contact.day != days[key]]
    for contact in moved:
        contact.day = days[contact.pk]
    if moved:
        ScheduledContact.objects.bulk_update(moved, ["day"])


def _do(contact: ScheduledContact, added: Iterable[str] = (), removed: Iterable[str] = ()) -> None:
    """Adds activities to a contact and takes others away, by name."""
    there = ContactActivity.objects.filter(contact=contact)
    there.filter(activity__name__in=list(removed)).update(position=None)
    for name in added:
        activity = ScheduledActivity.objects.filter(schedule=contact.schedule_id, name=name).first()
        if activity is None:
            activity = ScheduledActivity(**_owner(contact), name=name)
            activity.position = _behind(ScheduledActivity, contact.schedule_id)
            activity.full_clean()
            activity.save(force_insert=True)
        last = there.aggregate(last=Max("position"))["last"] or 0
        row = ContactActivity.everything.filter(contact=contact, activity=activity).first()
        if row is None:
            ContactActivity.objects.create(**_owner(contact), contact=contact, activity=activity, position=last + 1)
        elif row.position is None:
            row.position = last + 1
            row.save(update_fields=["position"])


def _owner(part: Any) -> dict[str, int]:
    return {"sponsor_id": part.sponsor_id, "study_id": part.study_id, "schedule_id": part.schedule_id}


def _copy_parts(source: VisitSchedule, draft: VisitSchedule) -> None:
    """All parts of one version into another, in a fixed number of statements. Where a contact's day was only told, not
    measured, it becomes its offset from day 0.
    """
    owner = {"sponsor_id": draft.sponsor_id, "study_id": draft.study_id, "schedule": draft}
    visits = _copied(ScheduledVisit, source, owner, {})
    visit_of = {old: new.pk for old, new in visits.items()}
    contacts = _copied(ScheduledContact, source, owner, {"visit_id": visit_of}, without=("anchor_id",))
    originals = ScheduledContact.objects.filter(schedule=source).exclude(anchor=None)
    anchored = []
    for key, anchor in originals.values_list("pk", "anchor"):
        if anchor in contacts:
            contacts[key].anchor = contacts[anchor]
            anchored.append(contacts[key])
    ScheduledContact.objects.bulk_update(anchored, ["anchor"])
    ScheduledContact.objects.filter(schedule=draft, anchor=None, offset=None).update(offset=F("day"))
    activities = _copied(ScheduledActivity, source, owner, {})
    keys = {
        "contact_id": {old: new.pk for old, new in contacts.items()},
        "activity_id": {old: new.pk for old, new in activities.items()},
    }
    _copied(ContactActivity, source, owner, keys)


def _copied(
    model: Any, source: VisitSchedule, owner: Mapping[str, Any], keys: Mapping[str, Mapping[int, int]],
    without: tuple[str, ...] = (),
) -> dict[int, Any]:  # fmt: skip
    """The rows of one kind again, old key -> new row; keys among them are translated, and rows that hang in the air
    (of a contact that was removed) left out.
    """
    columns = [
        field.attname
        for field in model._meta.concrete_fields
        if field.attname not in ("id", "sponsor_id", "study_id", "schedule_id", *without)
    ]
    copies = {}
    for row in model.objects.filter(schedule=source):
        values = {column: getattr(row, column) for column in columns}
        if any(values[column] is not None and values[column] not in known for column, known in keys.items()):
            continue
        for column, known in keys.items():
            values[column] = known.get(values[column])
        copies[row.pk] = model(**owner, **values)
    model.objects.bulk_create(copies.values())
    return copies
