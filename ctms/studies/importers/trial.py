"""What a ClinicalTrials.gov record says about a trial. No e-mail address or phone number is in any of these values."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from ctms.core.partial_dates import PartialDate

from .findings import Finding

Kind = Literal["ACTUAL", "ESTIMATED"]


@dataclass(frozen=True, slots=True)
class RegistryDate:
    """A date and whether it has happened or is expected. Source: the date structures of statusModule."""

    value: PartialDate
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class RegistryOrganisation:
    """A sponsor or collaborator. Source: sponsorCollaboratorsModule."""

    name: str
    klass: str | None  # INDUSTRY, NIH, FED, OTHER_GOV, NETWORK, INDIV, OTHER, UNKNOWN, ...


@dataclass(frozen=True, slots=True)
class SecondaryId:
    """Another number of the trial. Source: identificationModule.secondaryIdInfos."""

    value: str
    kind: str | None  # EUDRACT_NUMBER, NIH, REGISTRY, OTHER, ...
    domain: str | None  # who issued it, where the kind does not say


@dataclass(frozen=True, slots=True)
class RegistryArm:
    """An arm or group. Source: armsInterventionsModule.armGroups."""

    label: str
    type: str | None  # EXPERIMENTAL, PLACEBO_COMPARATOR, ...
    description: str | None


@dataclass(frozen=True, slots=True)
class RegistryOfficial:
    """A person answerable for the whole trial. Source: contactsLocationsModule.overallOfficials."""

    name: str
    role: str | None  # PRINCIPAL_INVESTIGATOR, STUDY_DIRECTOR, STUDY_CHAIR, ...
    affiliation: str | None


@dataclass(frozen=True, slots=True)
class RegistryContact:
    """A person named at one location. Source: contactsLocationsModule.locations[].contacts."""

    name: str
    role: str | None  # PRINCIPAL_INVESTIGATOR, SUB_INVESTIGATOR, CONTACT


@dataclass(frozen=True, slots=True)
class RegistryLocation:
    """One place where the trial runs. Source: contactsLocationsModule.locations.

    Facility and city do not identify a location: hidden sites share them, and so do several units of one hospital.
    """

    index: int  # position in the record, from 0
    facility: str | None  # None when the record gives no name, or a placeholder
    facility_as_given: str | None
    masked: bool  # the name is a placeholder such as "Research Site"
    city: str | None
    state: str | None
    postal_code: str | None
    country_code: str  # ISO 3166-1 alpha-2
    country_as_given: str
    latitude: float | None  # degrees north; of the city, not of the building
    longitude: float | None  # degrees east
    status: str | None  # only recruiting trials have it
    contacts: tuple[RegistryContact, ...]


@dataclass(frozen=True, slots=True)
class RegistryTrial:
    """One trial as registered. The registry knows no site numbers, no activation dates and no enrollment by site."""

    nct_id: str
    protocol_no: str | None  # the sponsor's own number: identificationModule.orgStudyIdInfo.id
    secondary_ids: tuple[SecondaryId, ...]
    brief_title: str | None
    official_title: str | None
    acronym: str | None
    overall_status: str | None  # RECRUITING, COMPLETED, ...
    why_stopped: str | None
    start: RegistryDate | None
    primary_completion: RegistryDate | None
    completion: RegistryDate | None
    lead_sponsor: RegistryOrganisation | None
    collaborators: tuple[RegistryOrganisation, ...]
    study_type: str | None  # INTERVENTIONAL, OBSERVATIONAL, EXPANDED_ACCESS
    phases: tuple[str, ...]  # ("PHASE2", "PHASE3"); ("NA",) and () both mean: no phase
    allocation: str | None  # RANDOMIZED, NON_RANDOMIZED, NA
    masking: str | None  # NONE, SINGLE, DOUBLE, TRIPLE, QUADRUPLE
    who_masked: tuple[str, ...]  # PARTICIPANT, CARE_PROVIDER, INVESTIGATOR, OUTCOMES_ASSESSOR
    enrollment_count: int | None  # participants; 0 is what withdrawn trials report
    enrollment_kind: Kind | None
    fda_regulated_drug: bool | None
    arms: tuple[RegistryArm, ...]
    locations: tuple[RegistryLocation, ...]
    officials: tuple[RegistryOfficial, ...]
    first_posted: RegistryDate | None
    last_update_posted: RegistryDate | None
    as_of: date | None  # the day the registry produced this record, else the day of its last update
    payload_sha256: str  # of the record's canonical JSON, so the same from any container
    findings: tuple[Finding, ...]
