"""A study site, where it is, who works there, and what happened to it."""

from sites.models.directory import Facility, Person
from sites.models.evidence import EvidenceCode, SiteEvidence
from sites.models.sites import EnrollmentStatus, OperationalStatus, PersonnelRole, Site, SitePersonnel, SiteStatusEvent

__all__ = [
    "EnrollmentStatus",
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
