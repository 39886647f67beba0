"""A study as designed and planned: what it is, where it runs, by which protocol and visit schedule."""

from ctms.studies.models.claims import ExternalClaim, ImportFinding, ImportRun
from ctms.studies.models.protocols import ProtocolEffect, ProtocolVersion
from ctms.studies.models.schedules import (
    ContactActivity,
    ScheduledActivity,
    ScheduledContact,
    ScheduledVisit,
    ScheduleStatus,
    VisitSchedule,
)
from ctms.studies.models.studies import Arm, DateKind, Masking, Programme, Study, StudyCountry

__all__ = [
    "Arm",
    "ContactActivity",
    "DateKind",
    "ExternalClaim",
    "ImportFinding",
    "ImportRun",
    "Masking",
    "Programme",
    "ProtocolEffect",
    "ProtocolVersion",
    "ScheduleStatus",
    "ScheduledActivity",
    "ScheduledContact",
    "ScheduledVisit",
    "Study",
    "StudyCountry",
    "VisitSchedule",
]
