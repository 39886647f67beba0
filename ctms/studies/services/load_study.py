"""Putting a registry record into the database: the study, its countries and arms, and what the registry claims."""

from dataclasses import dataclass
from datetime import date, datetime

from ctms.accounts.models import ScopeKind, Sponsor
from ctms.accounts.services.scopes import new_scopes, root_scope
from ctms.core.merging import Tally, merge
from ctms.core.refusals import Refusal
from ctms.core.use_case import use_case
from ctms.studies.importers.countries import country_name
from ctms.studies.importers.findings import Finding, Findings
from ctms.studies.importers.registry import RegistryDate, RegistryTrial
from ctms.studies.models import Arm, ExternalClaim, ImportFinding, ImportRun, Masking, Study, StudyCountry

REGISTRY = "ClinicalTrials.gov"


@dataclass
class Loaded:
    """What an import made of a file, for whoever continues it and for the report."""

    study: Study
    run: ImportRun
    countries: dict[str, StudyCountry]  # by ISO code
    is_older: bool  # than what was loaded before: then nothing was taken over


@use_case
def load_study(
    *, sponsor: Sponsor, trial: RegistryTrial, file_name: str, tally: Tally, findings: Findings, at: datetime
) -> Loaded:
    """Creates the study of this record, or brings it up to the record.

    A field of ours follows the registry only while it still says what the registry said before; what a person changed
    stays, and the difference becomes a finding. A record older than the last one loaded changes nothing.
    """
    present = _find(trial)
    study = present or _create(sponsor, trial, tally, findings)
    older = _is_older(study, trial)
    run = import_run(
        study, source_system=REGISTRY, record_id=trial.nct_id, as_of=trial.as_of, file_name=file_name,
        sha256=trial.payload_sha256, at=at, tally=tally,
    )  # fmt: skip
    if older:
        findings.add(
            "OLDER_RECORD", "record", "A newer version of this record is loaded already; nothing was taken over."
        )
    else:
        if present is not None:
            _follow(study, trial, tally, findings)
        merge_claims(study, {study.scope_id: _claims(trial)}, run, tally)
        merge_arms(study, trial, tally, findings)
    return Loaded(study, run, _merge_countries(study, trial, tally, older), older)


def import_run(
    study: Study,
    *,
    source_system: str,
    record_id: str,
    as_of: date | None,
    file_name: str,
    sha256: str,
    at: datetime,
    tally: Tally,
) -> ImportRun:
    """The run that read this very content into the study: the earlier one if it was read before."""
    run, created = ImportRun.objects.get_or_create(
        study=study, source_system=source_system, payload_sha256=sha256,
        defaults={"sponsor_id": study.sponsor_id, "source_record_id": record_id, "source_as_of": as_of,
                  "imported_at": at, "file_name": file_name},
    )  # fmt: skip
    tally.count(ImportRun, created=created, unchanged=not created)
    return run


def keep_findings(run: ImportRun, findings: list[Finding]) -> None:
    """Keeps what was found with the run, once."""
    if run.findings.exists():
        return
    ImportFinding.objects.bulk_create(
        ImportFinding(
            sponsor_id=run.sponsor_id, study_id=run.study_id, run=run, position=position,
            code=finding.code, where=finding.where, message=finding.message,
        )
        for position, finding in enumerate(findings, start=1)
    )  # fmt: skip


def merge_claims(study: Study, claims: dict[int, dict[str, str]], run: ImportRun, tally: Tally) -> None:
    """Brings the claims at these scopes (scope id -> topic -> value) to what the run's source says."""
    wanted = [
        ExternalClaim(sponsor_id=study.sponsor_id, study=study, scope_id=scope, topic=topic, value=value, run=run)
        for scope, topics in claims.items()
        for topic, value in topics.items()
    ]
    existing = ExternalClaim.objects.filter(study=study, scope__in=list(claims))
    merge(existing, wanted, key=lambda claim: (claim.scope_id, claim.topic), fields=("value", "run"), tally=tally)


def merge_arms(study: Study, trial: RegistryTrial, tally: Tally, findings: Findings) -> None:
    """Brings the arms, as designed, to the record's. An arm that left the record stays and is reported."""
    wanted: dict[str, Arm] = {}
    for position, designed in enumerate(trial.arms, start=1):
        label, number = designed.label, 1
        while label in wanted:
            number += 1
            label = f"{designed.label} ({number})"
        wanted[label] = Arm(
            sponsor_id=study.sponsor_id, study=study, label=label, kind=designed.type or "",
            description=designed.description or "", position=position,
        )  # fmt: skip
    existing = list(Arm.objects.filter(study=study))
    fields = ("kind", "description", "position")
    merge(existing, list(wanted.values()), key=lambda arm: arm.label, fields=fields, tally=tally)
    for arm in existing:
        if arm.label not in wanted:
            findings.add(
                "ARM_GONE", "armsInterventionsModule.armGroups", f"The record no longer has the arm “{arm.label}”."
            )


def _find(trial: RegistryTrial) -> Study | None:
    """The sponsor's study with this registry number, else the one with this protocol number and none of its own."""
    studies = Study.objects.select_related("scope", "sponsor").select_for_update(of=("self",))
    found = studies.filter(nct_id=trial.nct_id).first()
    if found is not None:
        return found
    same = studies.filter(slug=Study.slug_of(trial.protocol_no or trial.nct_id)).first()
    if same is not None and same.nct_id:
        raise Refusal(
            "PROTOCOL_TAKEN",
            f"The protocol number {same.protocol_no} belongs to {same.nct_id} already, not to {trial.nct_id}.",
        )
    return same


def _create(sponsor: Sponsor, trial: RegistryTrial, tally: Tally, findings: Findings) -> Study:
    fields = study_fields(trial)
    if trial.masking and not fields["masking"]:
        findings.add(
            "MASKING_UNKNOWN", "designModule.designInfo", f"“{trial.masking}” is no masking we know; left open."
        )
    (scope,) = new_scopes(ScopeKind.STUDY, [(root_scope(sponsor.pk), str(fields["protocol_no"]))])
    study = Study(sponsor=sponsor, scope=scope, slug=Study.slug_of(str(fields["protocol_no"])), **fields)
    study.full_clean(exclude=["slug"])
    study.save(force_insert=True)
    tally.count(Study, created=1)
    return study


def study_fields(trial: RegistryTrial) -> dict[str, object]:
    """The fields of a study that a registry record can fill."""
    fields: dict[str, object] = {
        "protocol_no": trial.protocol_no or trial.nct_id,
        "nct_id": trial.nct_id,
        "eu_ct_no": _eu_number(trial),
        "title": trial.brief_title or trial.official_title or trial.nct_id,
        "official_title": trial.official_title or "",
        "acronym": trial.acronym or "",
        "study_type": trial.study_type or "",
        "phase": "/".join(trial.phases),
        "masking": trial.masking if trial.masking in Masking.values else "",
        "planned_enrollment": trial.enrollment_count if trial.enrollment_kind != "ACTUAL" else None,
    }
    for name in ("start", "primary_completion", "completion"):
        date: RegistryDate | None = getattr(trial, name)
        fields[name] = date.value if date else None
        fields[f"{name}_kind"] = (date.kind or "") if date else ""
    return fields


def _claims(trial: RegistryTrial) -> dict[str, str]:
    """What the registry says, topic by topic: all it filled our fields with, and what has no field of ours."""
    claims = {topic: "" if value is None else str(value) for topic, value in study_fields(trial).items()}
    count = trial.enrollment_count
    return claims | {
        "overall_status": trial.overall_status or "",
        "why_stopped": trial.why_stopped or "",
        "enrollment_count": "" if count is None else str(count),
        "enrollment_kind": trial.enrollment_kind or "",
        "lead_sponsor": trial.lead_sponsor.name if trial.lead_sponsor else "",
        "allocation": trial.allocation or "",
    }


def _follow(study: Study, trial: RegistryTrial, tally: Tally, findings: Findings) -> None:
    """Takes over what changed at the registry where we still agree with what it said before."""
    known = dict(ExternalClaim.objects.filter(scope=study.scope_id).values_list("topic", "value"))
    changed = []
    for name, value in study_fields(trial).items():
        ours = getattr(study, name)
        says, said = ("" if v is None else str(v) for v in (value, known.get(name)))
        if says == ("" if ours is None else str(ours)):
            continue
        if said != ("" if ours is None else str(ours)):
            findings.add("KEPT_OURS", name, f"The registry says “{says}”; “{ours}” was entered here and stays.")
            continue
        setattr(study, name, value)
        changed.append(name)
    if changed:
        study.save(update_fields=changed)
    tally.count(Study, changed=bool(changed), unchanged=not changed)


def _is_older(study: Study, trial: RegistryTrial) -> bool:
    """Whether a newer record of this study was loaded before."""
    if trial.as_of is None:
        return False
    return ImportRun.objects.filter(study=study, source_system=REGISTRY, source_as_of__gt=trial.as_of).exists()


def _merge_countries(study: Study, trial: RegistryTrial, tally: Tally, older: bool) -> dict[str, StudyCountry]:
    countries = {
        country.country: country for country in StudyCountry.objects.filter(study=study).select_related("scope")
    }
    codes = sorted({location.country_code for location in trial.locations})
    new = [] if older else [code for code in codes if code not in countries]
    scopes = new_scopes(ScopeKind.COUNTRY, [(study.scope, country_name(code)) for code in new])
    for country in StudyCountry.objects.bulk_create(
        StudyCountry(sponsor_id=study.sponsor_id, study=study, scope=scope, country=code)
        for code, scope in zip(new, scopes, strict=True)
    ):
        countries[country.country] = country
    tally.count(StudyCountry, created=len(new), unchanged=len(codes) - len(new))
    return countries


def _eu_number(trial: RegistryTrial) -> str:
    """The EU number of the trial, where one of its other numbers looks like it: 2022-502174-16-00, 2015-001894-41."""
    for other in trial.secondary_ids:
        parts = other.value.split("-")
        if len(parts) in (3, 4) and [len(part) for part in parts[:3]] == [4, 6, 2] and "".join(parts).isdigit():
            return other.value
    return ""
