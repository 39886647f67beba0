"""Who is master of what: the domains of a study, their usual master, and the rule that nobody else writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from ctms.core.refusals import Refusal


class Kind(models.TextChoices):
    CTMS = "CTMS", "CTMS"
    EDC = "EDC", "EDC"
    IRT = "IRT", "IRT"
    ETMF = "ETMF", "eTMF"
    ECONSENT = "ECONSENT", "eConsent"
    SAFETY = "SAFETY", "Safety database"
    ERP = "ERP", "ERP"


class Domain(models.TextChoices):
    SITES = "SITES", "Sites and their numbers"
    SITE_STATUS = "SITE_STATUS", "Status of sites"
    SCHEDULE = "SCHEDULE", "Visit schedule"
    SUBJECTS = "SUBJECTS", "Subjects and their numbers"
    CONSENT = "CONSENT", "Consent of subjects"
    SCREENING = "SCREENING", "Screening and screen failure"
    RANDOMISATION = "RANDOMISATION", "Randomisation"
    DISPENSING = "DISPENSING", "First dose and dispensing"
    COMPLETION = "COMPLETION", "End of treatment, completion, withdrawal"
    VISITS = "VISITS", "Visits of subjects"
    CLINICAL_DATA = "CLINICAL_DATA", "Clinical data and queries"
    SAFETY = "SAFETY", "Adverse events"
    DOCUMENTS = "DOCUMENTS", "Documents"
    MONITORING = "MONITORING", "Monitoring, issues, deviations"
    PAYMENTS = "PAYMENTS", "Payments to sites"
    CASH = "CASH", "General ledger and cash"


@dataclass(frozen=True, slots=True)
class Rule:
    """How a domain is usually held.

    Args:
        master: unless the study declares another.
        choices: who may be declared.
        ctms_may: what we do with it, in words.
        match: by what records are recognised.
        tolerance: how far the systems may differ before it is a discrepancy.
    """

    master: Kind
    choices: tuple[Kind, ...]
    ctms_may: str
    match: str
    tolerance: str = "none"


_OURS = (Kind.CTMS,)
RULES: dict[Domain, Rule] = {
    Domain.SITES: Rule(Kind.CTMS, _OURS, "own and publish", "site number"),
    Domain.SITE_STATUS: Rule(Kind.CTMS, _OURS, "own and publish", "site number"),
    Domain.SCHEDULE: Rule(Kind.CTMS, (Kind.CTMS, Kind.EDC), "own its operational copy, publish", "visit and version"),
    Domain.SUBJECTS: Rule(Kind.EDC, (Kind.EDC, Kind.IRT), "read, count", "subject number"),
    Domain.CONSENT: Rule(Kind.EDC, (Kind.EDC, Kind.ECONSENT), "read the day", "subject number"),
    Domain.SCREENING: Rule(Kind.EDC, (Kind.EDC, Kind.IRT), "read the days", "subject number"),
    Domain.RANDOMISATION: Rule(Kind.IRT, (Kind.IRT, Kind.EDC), "read the day; never the arm", "subject number"),
    Domain.DISPENSING: Rule(Kind.EDC, (Kind.EDC, Kind.IRT), "read the day", "subject number"),
    Domain.COMPLETION: Rule(Kind.EDC, (Kind.EDC, Kind.IRT), "read the days", "subject number"),
    Domain.VISITS: Rule(Kind.EDC, (Kind.EDC, Kind.IRT), "read the day, plan by it", "subject and visit"),
    Domain.CLINICAL_DATA: Rule(Kind.EDC, (Kind.EDC,), "read counts and flags; never a value", "subject and visit"),
    Domain.SAFETY: Rule(Kind.SAFETY, (Kind.SAFETY, Kind.EDC), "read counts and dates", "case number"),
    Domain.DOCUMENTS: Rule(Kind.ETMF, (Kind.ETMF, Kind.CTMS), "read the status, point to it", "document number"),
    Domain.MONITORING: Rule(Kind.CTMS, _OURS, "own", "visit"),
    Domain.PAYMENTS: Rule(Kind.CTMS, _OURS, "own", "payment reference"),
    Domain.CASH: Rule(Kind.ERP, (Kind.ERP,), "read confirmations", "payment reference", "0.00"),
}


def masters(place: Any) -> dict[Domain, Kind]:
    """Who is master of each domain in the study of this scope, or of one within it."""
    return masters_in({0: place})[0]


def masters_in(places: Mapping[int, Any]) -> dict[int, dict[Domain, Kind]]:
    """The same of several scopes, each by its key; one statement for all."""
    from ctms.integrations.models import SystemOfRecord

    studies = {key: "/".join(place.path.split("/")[:2]) + "/" for key, place in places.items()}
    rows = SystemOfRecord.objects.filter(scope__path__in=set(studies.values()))
    declared = {(path, domain): master for path, domain, master in rows.values_list("scope__path", "domain", "master")}
    return {
        key: {domain: Kind(declared.get((path, domain), rule.master)) for domain, rule in RULES.items()}
        for key, path in studies.items()
    }


def refuse_unless_master(place: Any, domain: Domain, writer: Kind = Kind.CTMS) -> None:
    """Goes on if `writer` is the declared master of the domain in the study of this scope.

    Raises:
        Refusal: another system is. The attempt is noted in the access log.
    """
    master = masters(place)[domain]
    if master != writer:
        words = domain.label[0].lower() + domain.label[1:]
        sentence = (
            f"In this study the {master.label} is the system of record for {words}: the {writer.label} writes none."
        )
        raise Refusal("NOT_MASTER", sentence, recorded=True)
