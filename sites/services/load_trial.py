"""The main job on real input: a registry record and a protocol file go in, a study with its sites comes out."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from ctms.accounts.models import Sponsor
from ctms.accounts.services.sponsors import create_sponsor
from ctms.core.acting import Channel, Service, acting, in_sponsor
from ctms.core.merging import Tally
from ctms.core.refusals import BadInput
from ctms.studies.importers.findings import Findings
from ctms.studies.importers.protocol import ProtocolSchedule, as_days, read_protocol
from ctms.studies.importers.registry import RegistryTrial, read_registry
from ctms.studies.models import ExternalClaim, Study, StudyCountry, VisitSchedule
from ctms.studies.services.load_schedule import load_schedule
from ctms.studies.services.load_study import keep_findings, load_study
from sites.models import Site
from sites.services.load_sites import load_sites

LOADER = Service("Trial loader")


@dataclass(frozen=True)
class TrialReport:
    """What loading a trial led to, read back from the database."""

    facts: dict[str, Any]
    tally: Tally
    findings: Findings

    def as_json(self) -> dict[str, Any]:
        """The published shape (`docs/loading.md`)."""
        return {
            **self.facts,
            "created": dict(self.tally.created),
            "changed": dict(self.tally.changed),
            "unchanged": dict(self.tally.unchanged),
            "findings": [{"code": f.code, "where": f.where, "message": f.message} for f in self.findings],
        }


def load_trial(
    *, registry: Path, nct: str | None = None, protocol: Path | None = None, sponsor_code: str | None = None,
    with_people: bool = False, at: datetime,
) -> TrialReport:  # fmt: skip
    """Reads both files, then writes everything in one transaction or nothing.

    Raises:
        Unreadable, Refusal: one sentence; the database is as it was.
    """
    trial = read_registry(registry, nct)
    schedule = read_protocol(protocol) if protocol else None
    reason = f"Loading {trial.nct_id} from {registry.name}"
    with transaction.atomic(), acting(LOADER, reason=reason, channel=Channel.IMPORT):
        tally, findings = Tally(), Findings(trial.findings)
        sponsor = _sponsor(trial, sponsor_code, tally, findings)
        with in_sponsor(sponsor.pk):
            study = _load_registry(sponsor, trial, registry.name, with_people, tally, findings, at)
            facts = _facts(study)
            if schedule is not None and protocol is not None:
                facts["schedule"] = _load_protocol(study, schedule, protocol.name, tally, findings, at)
            return TrialReport(facts, tally, findings)


def _load_registry(
    sponsor: Sponsor,
    trial: RegistryTrial,
    file_name: str,
    with_people: bool,
    tally: Tally,
    findings: Findings,
    at: datetime,
) -> Study:
    loaded = load_study(sponsor=sponsor, trial=trial, file_name=file_name, tally=tally, findings=findings, at=at)
    load_sites(loaded=loaded, trial=trial, with_people=with_people, tally=tally, findings=findings, at=at)
    keep_findings(loaded.run, findings)
    return loaded.study


def _load_protocol(
    study: Study, protocol: ProtocolSchedule, file_name: str, tally: Tally, findings: Findings, at: datetime
) -> dict[str, Any]:
    found = Findings(protocol.findings)
    schedule, run = load_schedule(
        study=study, protocol=protocol, file_name=file_name, tally=tally, findings=found, at=at
    )
    keep_findings(run, found)
    findings.extend(found)
    return _schedule_facts(schedule)


def _sponsor(trial: RegistryTrial, code: str | None, tally: Tally, findings: Findings) -> Sponsor:
    """The sponsor that was named, else the one named like the record's lead sponsor; made where missing."""
    lead = trial.lead_sponsor.name if trial.lead_sponsor else ""
    code = code or _code_of(lead)
    found = Sponsor.objects.filter(code=code).first()
    if found is not None:
        tally.count(Sponsor, unchanged=1)
        return found
    try:
        sponsor = create_sponsor(code=code, name=lead or code)
    except BadInput as refused:
        why = " ".join(refused.fields.values()) or refused.message
        raise BadInput("SPONSOR_CODE", f"“{code}” cannot be a sponsor's code: {why}") from refused
    tally.count(Sponsor, created=1)
    findings.add(
        "SPONSOR_CREATED", "sponsorCollaboratorsModule.leadSponsor", f"There was no sponsor “{code}”: it was made."
    )
    return sponsor


def _code_of(name: str) -> str:
    """A sponsor's code from its name: “Eli Lilly and Company” -> eli-lilly-and-company."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    return code if re.match(r"[a-z]", code) and len(code) > 1 else f"sponsor-{code}".strip("-")[:40]


def _facts(study: Study) -> dict[str, Any]:
    claims = dict(ExternalClaim.objects.filter(scope=study.scope_id).values_list("topic", "value"))
    codes = list(StudyCountry.objects.filter(study=study).order_by("country").values_list("country", flat=True))
    return {
        "nct": study.nct_id,
        "protocol_no": study.protocol_no,
        "sites": Site.objects.filter(study=study).count(),
        "countries": len(codes),
        "country_codes": codes,
        "target_enrollment": int(claims["enrollment_count"]) if claims.get("enrollment_count") else None,
        "status": claims.get("overall_status") or None,
        "schedule": None,
    }


def _schedule_facts(schedule: VisitSchedule) -> dict[str, Any]:
    days = [contact.day for contact in schedule.contacts.order_by("position")]
    return {
        "visits": schedule.visits.count(),
        "instances": len(days),
        "offsets_days": [None if day is None else as_days(day) for day in days],
        "unplaced": days.count(None),
        "source_study": schedule.source_study,
    }
