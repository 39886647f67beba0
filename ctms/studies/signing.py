"""What is signed of a study: a version of its visit schedule, whole."""

from typing import Any

from django.urls import reverse

from ctms.core.signables import Content, Signable, exact
from ctms.studies.models import VisitSchedule


def schedule_content(schedule: VisitSchedule) -> Content:
    """The plan: visits, contacts with days and windows, and what is done at each."""
    contacts = schedule.contacts.select_related("visit", "anchor").prefetch_related("activities__activity")
    version = schedule.protocol_version
    return {
        "Study": schedule.study.protocol_no,
        "Version": schedule.number,
        "Protocol version": version.version if version else None,
        "Taken from the protocol of": schedule.source_study or None,
        "Visits": [
            {"Visit": visit.label, "Code": visit.code, "Epoch": visit.epoch, "Position": visit.position}
            for visit in schedule.visits.order_by("position")
        ],
        "Contacts": [_contact(contact) for contact in contacts.order_by("position")],
        "Activities": [
            {"Activity": activity.name, "Position": activity.position}
            for activity in schedule.activities.order_by("position")
        ],
    }


def _contact(contact: Any) -> Content:
    done = sorted(contact.activities.all(), key=lambda one: (one.position, one.pk))
    return {
        "Contact": contact.label,
        "Code": contact.code,
        "Visit": contact.visit.label if contact.visit else None,
        "Epoch": contact.epoch,
        "Position": contact.position,
        "How": list(contact.modes),
        "Measured from": contact.anchor.label if contact.anchor else None,
        "Offset": exact(contact.offset),
        "Offset in the file": contact.offset_text or None,
        "Day": exact(contact.day),
        "Window before": exact(contact.window_before),
        "Window after": exact(contact.window_after),
        "Repeated every": exact(contact.repeat_every),
        "Repeated while": contact.repeat_condition or None,
        "Activities": [one.activity.name for one in done],
    }


SCHEDULE = Signable(
    VisitSchedule, schedule_content, outside="Its status, and where the file it was loaded from is kept.",
    url=lambda schedule: reverse(
        "schedule-version", args=[schedule.sponsor.code, schedule.study.slug, schedule.number]
    ),
)  # fmt: skip
