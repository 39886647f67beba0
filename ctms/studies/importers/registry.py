"""Reading a ClinicalTrials.gov record (API version 2) from any of the files the registry hands out."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

from ctms.core.partial_dates import PartialDate

from .findings import Findings
from .locations import LOCATIONS, person_name, read_locations, report_locations
from .node import Node
from .plain_text import names_a_contact
from .reading import Unreadable, canonical_sha256
from .records import find_record
from .trial import (
    Kind,
    RegistryArm,
    RegistryContact,
    RegistryDate,
    RegistryLocation,
    RegistryOfficial,
    RegistryOrganisation,
    RegistryTrial,
    SecondaryId,
)

__all__ = [
    "RegistryArm",
    "RegistryContact",
    "RegistryDate",
    "RegistryLocation",
    "RegistryOfficial",
    "RegistryOrganisation",
    "RegistryTrial",
    "SecondaryId",
    "Unreadable",
    "read_registry",
]

_NCT = re.compile(r"NCT\d{8}", re.ASCII)
_KINDS: dict[str, Kind] = {"ACTUAL": "ACTUAL", "ESTIMATED": "ESTIMATED", "ANTICIPATED": "ESTIMATED"}
_STATUSES = {
    "RECRUITING",
    "NOT_YET_RECRUITING",
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "ENROLLING_BY_INVITATION",
    "SUSPENDED",
    "TERMINATED",
    "WITHDRAWN",
    "AVAILABLE",
    "NO_LONGER_AVAILABLE",
    "TEMPORARILY_NOT_AVAILABLE",
    "APPROVED_FOR_MARKETING",
    "WITHHELD",
    "UNKNOWN",
}
_MOST_PARTICIPANTS = 2**31 - 1


def read_registry(path: Path | str, nct: str | None = None) -> RegistryTrial:
    """The trial in the file, or Unreadable with a sentence saying what is wrong and where.

    Takes a single record, a website download (an array of studies) and a page of the API; where there are several
    studies, `nct` says which.
    """
    record = find_record(path, nct=nct)
    protocol = Node.of(record.fields["protocolSection"], file=record.file)
    findings = Findings()
    identification = protocol.child("identificationModule")
    status = protocol.child("statusModule")
    design = protocol.child("designModule")
    design_info = design.child("designInfo")
    masking = design_info.child("maskingInfo")
    enrollment = design.child("enrollmentInfo")
    people = protocol.child("contactsLocationsModule")
    sponsors = protocol.child("sponsorCollaboratorsModule")
    lead_sponsor = _organisation(sponsors.child("leadSponsor"))
    collaborators = _organisations(sponsors)

    trial = RegistryTrial(
        nct_id=_nct_id(identification),
        protocol_no=identification.child("orgStudyIdInfo").identifier("id"),
        secondary_ids=_secondary_ids(identification),
        brief_title=identification.text("briefTitle"),
        official_title=identification.text("officialTitle"),
        acronym=identification.text("acronym"),
        overall_status=status.text("overallStatus"),
        why_stopped=status.text("whyStopped"),
        start=_registry_date(status, "startDateStruct", findings),
        primary_completion=_registry_date(status, "primaryCompletionDateStruct", findings),
        completion=_registry_date(status, "completionDateStruct", findings),
        lead_sponsor=lead_sponsor,
        collaborators=collaborators,
        study_type=design.text("studyType"),
        phases=design.texts("phases"),
        allocation=design_info.text("allocation"),
        masking=masking.text("masking"),
        who_masked=masking.texts("whoMasked"),
        enrollment_count=_participants(enrollment, findings),
        enrollment_kind=_kind(enrollment, findings),
        fda_regulated_drug=protocol.child("oversightModule").flag("isFdaRegulatedDrug"),
        arms=_arms(protocol.child("armsInterventionsModule")),
        locations=read_locations(people, companies=_companies(lead_sponsor, *collaborators), findings=findings),
        officials=_officials(people, findings),
        first_posted=_registry_date(status, "studyFirstPostDateStruct", findings),
        last_update_posted=_registry_date(status, "lastUpdatePostDateStruct", findings),
        as_of=_as_of(record, status, findings),
        payload_sha256=canonical_sha256(record.fields),
        findings=(),
    )
    _report_gaps(trial, findings)
    _report_statuses(trial, findings)
    report_locations(trial.locations, findings)
    return replace(trial, findings=tuple(findings))


def _nct_id(identification: Node) -> str:
    nct = identification.identifier("nctId")
    if nct is None:
        identification.refuse("has no nctId")
    if not _NCT.fullmatch(nct.upper()):
        identification.refuse(f'has the nctId "{nct}", which is not "NCT" and eight digits')
    return nct.upper()


def _secondary_ids(identification: Node) -> tuple[SecondaryId, ...]:
    nodes = identification.children("secondaryIdInfos")
    ids = ((node.identifier("id"), node.text("type"), node.text("domain")) for node in nodes)
    return tuple(SecondaryId(value, kind, domain) for value, kind, domain in ids if value)


def _organisation(node: Node) -> RegistryOrganisation | None:
    name = node.text("name")
    return RegistryOrganisation(name, node.text("class")) if name else None


def _organisations(sponsors: Node) -> tuple[RegistryOrganisation, ...]:
    organisations = map(_organisation, sponsors.children("collaborators"))
    return tuple(organisation for organisation in organisations if organisation)


def _companies(*organisations: RegistryOrganisation | None) -> tuple[str, ...]:
    return tuple(found.name for found in organisations if found and found.klass == "INDUSTRY")


def _arms(interventions: Node) -> tuple[RegistryArm, ...]:
    return tuple(
        RegistryArm(node.text("label") or f"Arm {number}", node.text("type"), node.text("description"))
        for number, node in enumerate(interventions.children("armGroups"), start=1)
    )


def _officials(people: Node, findings: Findings) -> tuple[RegistryOfficial, ...]:
    officials = []
    for node in people.children("overallOfficials"):
        name = person_name(node)
        if name is None:
            findings.add("OFFICIAL_UNNAMED", node.place, "This official has no personal name and was left out.")
            continue
        affiliation = node.text("affiliation")
        if affiliation and names_a_contact(affiliation):
            affiliation = None
        officials.append(RegistryOfficial(name, node.text("role"), affiliation))
    return tuple(officials)


def _registry_date(parent: Node, key: str, findings: Findings) -> RegistryDate | None:
    node = parent.child(key)
    value = _partial_date(node, "date", findings)
    return RegistryDate(value, _kind(node, findings)) if value else None


def _partial_date(node: Node, key: str, findings: Findings) -> PartialDate | None:
    text = node.text(key)
    if text is None:
        return None
    try:
        return PartialDate.parse(text)
    except ValueError as error:
        findings.add("DATE_UNREADABLE", node.at(key), f"{str(error).removesuffix('.')}; it was left empty.")
        return None


def _kind(node: Node, findings: Findings) -> Kind | None:
    text = node.text("type")
    if text is None:
        return None
    kind = _KINDS.get(text.upper())
    if kind is None:
        findings.add("KIND_UNKNOWN", node.at("type"), f'"{text}" is neither actual nor estimated; it was left empty.')
    return kind


def _participants(enrollment: Node, findings: Findings) -> int | None:
    count = enrollment.number("count")
    if count is None:
        return None
    if isinstance(count, float) or not 0 <= count <= _MOST_PARTICIPANTS:
        findings.add("ENROLLMENT_UNREADABLE", enrollment.at("count"), f"{count} is not a number of participants.")
        return None
    return count


def _as_of(record: Node, status: Node, findings: Findings) -> date | None:
    produced = _partial_date(record.child("derivedSection").child("miscInfoModule"), "versionHolder", findings)
    found = produced or _partial_date(status, "lastUpdateSubmitDate", findings)
    return found.earliest() if found else None


def _report_gaps(trial: RegistryTrial, findings: Findings) -> None:
    gaps = (
        (trial.protocol_no, "identificationModule.orgStudyIdInfo", "protocol number of the sponsor"),
        (trial.brief_title, "identificationModule.briefTitle", "brief title"),
        (trial.overall_status, "statusModule.overallStatus", "overall status"),
        (trial.start, "statusModule.startDateStruct", "usable start date"),
        (trial.primary_completion, "statusModule.primaryCompletionDateStruct", "usable primary completion date"),
        (trial.completion, "statusModule.completionDateStruct", "usable completion date"),
        (trial.lead_sponsor, "sponsorCollaboratorsModule.leadSponsor", "lead sponsor"),
        (trial.study_type, "designModule.studyType", "study type"),
        (trial.enrollment_count, "designModule.enrollmentInfo", "usable number of participants"),
        (trial.as_of, "derivedSection.miscInfoModule", "date of its own"),
        (trial.locations or None, LOCATIONS, "locations"),
    )
    for value, where, what in gaps:
        if value is None:
            findings.add("MISSING", where, f"The record gives no {what}.")


def _report_statuses(trial: RegistryTrial, findings: Findings) -> None:
    statuses = [("statusModule.overallStatus", trial.overall_status)]
    statuses += [(f"{LOCATIONS}[{location.index}].status", location.status) for location in trial.locations]
    for where, status in statuses:
        if status is not None and status not in _STATUSES:
            findings.add("STATUS_UNKNOWN", where, f'"{status}" is not a status the registry defines.')
