"""Putting a protocol file's visit schedule into the database: a new draft version, unless nothing changed."""

import hashlib
import json
from dataclasses import asdict
from datetime import datetime

from ctms.core.merging import Tally
from ctms.core.use_case import use_case
from ctms.studies.importers.findings import Findings
from ctms.studies.importers.protocol import Contact, ProtocolSchedule
from ctms.studies.models import (
    ContactActivity,
    ImportRun,
    ScheduledActivity,
    ScheduledContact,
    ScheduledVisit,
    Study,
    VisitSchedule,
)
from ctms.studies.services.load_study import import_run


@use_case
def load_schedule(
    *, study: Study, protocol: ProtocolSchedule, file_name: str, tally: Tally, findings: Findings, at: datetime
) -> tuple[VisitSchedule, ImportRun]:
    """Adds the file's schedule as the study's next draft version; the latest version stays if it says the same."""
    source = protocol.source_study or protocol.nct_id or "an unnamed study"
    run = import_run(
        study, source_system=f"USDM {protocol.usdm_version or 'of unknown version'}", record_id=source, as_of=None,
        file_name=file_name, sha256=protocol.payload_sha256, at=at, tally=tally,
    )  # fmt: skip
    if not {protocol.source_study, protocol.nct_id} & {study.protocol_no, study.nct_id} - {None, ""}:
        findings.add(
            "SCHEDULE_SOURCE_DIFFERS", "studyIdentifiers",
            f"The visit schedule comes from another study, {source}, not from {study.protocol_no}.",
        )  # fmt: skip
    digest = _content_digest(protocol)
    latest = VisitSchedule.objects.select_for_update(of=("self",)).filter(study=study).order_by("-number").first()
    if latest is not None and latest.content_sha256 == digest:
        tally.count(VisitSchedule, unchanged=1)
        return latest, run
    schedule = VisitSchedule.objects.create(
        sponsor_id=study.sponsor_id, study=study, number=latest.number + 1 if latest else 1, run=run,
        source_study=source, content_sha256=digest,
    )  # fmt: skip
    tally.count(VisitSchedule, created=1)
    _add_parts(schedule, protocol, tally)
    return schedule, run


def _add_parts(schedule: VisitSchedule, protocol: ProtocolSchedule, tally: Tally) -> None:
    owner = {"sponsor_id": schedule.sponsor_id, "study_id": schedule.study_id, "schedule": schedule}
    visits = ScheduledVisit.objects.bulk_create(
        ScheduledVisit(**owner, code=visit.name, label=visit.label, epoch=visit.epoch or "", position=visit.order)
        for visit in protocol.visits
    )
    visit_by_key = dict(zip((visit.key for visit in protocol.visits), visits, strict=True))
    contacts = ScheduledContact.objects.bulk_create(
        ScheduledContact(
            **owner, visit=visit_by_key.get(contact.visit_key or ""), code=contact.name, label=contact.label,
            epoch=contact.epoch or "", position=contact.order, modes=list(contact.contact_modes),
            offset_text=contact.offset_iso or "", offset=contact.offset, day=contact.day_offset,
            window_before=contact.window_before, window_after=contact.window_after,
            repeat_every=contact.repeat.every if contact.repeat else None,
            repeat_condition=(contact.repeat.condition or "") if contact.repeat else "",
        )
        for contact in protocol.contacts
    )  # fmt: skip
    contact_by_key = dict(zip((contact.key for contact in protocol.contacts), contacts, strict=True))
    _anchor(protocol.contacts, contact_by_key)
    used = {key for contact in protocol.contacts for key in contact.activity_keys}
    listed = [activity for activity in protocol.activities if activity.key in used]
    activities = ScheduledActivity.objects.bulk_create(
        ScheduledActivity(**owner, name=activity.label, position=position)
        for position, activity in enumerate(listed, 1)
    )
    activity_by_key = dict(zip((activity.key for activity in listed), activities, strict=True))
    ContactActivity.objects.bulk_create(
        ContactActivity(**owner, contact=contact_by_key[contact.key], activity=activity_by_key[key], position=position)
        for contact in protocol.contacts
        for position, key in enumerate(dict.fromkeys(contact.activity_keys), start=1)
        if key in activity_by_key
    )
    tally.count(ScheduledVisit, created=len(visits))
    tally.count(ScheduledContact, created=len(contacts))
    tally.count(ScheduledActivity, created=len(activities))


def _anchor(contacts: tuple[Contact, ...], stored: dict[str, ScheduledContact]) -> None:
    """The second half of making contacts: an anchor needs its key first."""
    anchored = []
    for contact in contacts:
        if contact.anchor_key in stored and contact.anchor_key != contact.key:
            stored[contact.key].anchor = stored[contact.anchor_key]
            anchored.append(stored[contact.key])
    if anchored:
        ScheduledContact.objects.bulk_update(anchored, ["anchor"])


def _content_digest(protocol: ProtocolSchedule) -> str:
    """Of what makes up the schedule, so that a file that differs elsewhere gives no new version."""
    content = asdict(protocol)
    for aside in ("findings", "payload_sha256", "usdm_version", "planned_enrollment", "title"):
        del content[aside]
    return hashlib.sha256(json.dumps(content, default=str, sort_keys=True).encode()).hexdigest()
