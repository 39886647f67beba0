"""A study site, where it is, who works there, and what happened to it."""

from sites.models.directory import Facility, Person
from sites.models.evidence import ON_THE_CHECKLIST, RECORDED, EvidenceCode, SiteEvidence
from sites.models.golive import BatchStatus, MigrationBatch, MigrationLine
from sites.models.sites import EnrollmentStatus, OperationalStatus, PersonnelRole, Site, SitePersonnel, SiteStatusEvent
from sites.models.startup import (
    ConfigurationStatus,
    Gate,
    ItemHolding,
    ItemKind,
    ItemStatus,
    ItemWaiver,
    Level,
    Party,
    SiteChecklist,
    StartUpConfiguration,
    StartUpItem,
    WaiverStatus,
)
from sites.models.uploads import Upload, UploadKind

__all__ = [
    "ON_THE_CHECKLIST",
    "RECORDED",
    "BatchStatus",
    "ConfigurationStatus",
    "EnrollmentStatus",
    "EvidenceCode",
    "Facility",
    "Gate",
    "ItemHolding",
    "ItemKind",
    "ItemStatus",
    "ItemWaiver",
    "Level",
    "MigrationBatch",
    "MigrationLine",
    "OperationalStatus",
    "Party",
    "Person",
    "PersonnelRole",
    "Site",
    "SiteChecklist",
    "SiteEvidence",
    "SitePersonnel",
    "SiteStatusEvent",
    "StartUpConfiguration",
    "StartUpItem",
    "Upload",
    "UploadKind",
    "WaiverStatus",
]
