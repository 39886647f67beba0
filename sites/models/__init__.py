"""A study site, where it is, who works there, and what happened to it."""

from sites.models.directory import Facility, Person
from sites.models.evidence import EvidenceCode, SiteEvidence
from sites.models.golive import BatchStatus, MigrationBatch, MigrationLine
from sites.models.sites import EnrollmentStatus, OperationalStatus, PersonnelRole, Site, SitePersonnel, SiteStatusEvent
from sites.models.uploads import Upload, UploadKind

__all__ = [
    "BatchStatus",
    "EnrollmentStatus",
    "EvidenceCode",
    "Facility",
    "MigrationBatch",
    "MigrationLine",
    "OperationalStatus",
    "Person",
    "PersonnelRole",
    "Site",
    "SiteEvidence",
    "SitePersonnel",
    "SiteStatusEvent",
    "Upload",
    "UploadKind",
]
