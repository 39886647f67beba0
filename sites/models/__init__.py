"""A study site, where it is, who works there, and what happened to it."""

from sites.models.directory import Facility, Person
from sites.models.evidence import EvidenceCode, SiteEvidence
from sites.models.sites import (
    EnrolmentStatus,
    OperationalStatus,
    PersonnelRole,
    Site,
    SitePersonnel,
    SiteStatusEvent,
)

__all__ = [
    "EnrolmentStatus",
    "EvidenceCode",
    "Facility",
    "OperationalStatus",
    "Person",
    "PersonnelRole",
    "Site",
    "SiteEvidence",
    "SitePersonnel",
    "SiteStatusEvent",
]
