"""Recording the dated facts that a site's moves depend on."""

from datetime import date, datetime

from ctms.accounts.models import User
from ctms.core import protocols
from ctms.core.acting import says_why
from ctms.core.permission import demand
from ctms.core.refusals import BadInput, Conflict, Refusal
from ctms.core.use_case import use_case
from sites.models import ON_THE_CHECKLIST, EvidenceCode, Site, SiteEvidence
from sites.services.startup import follow_facts


@use_case
def record_evidence(
    *, site: Site, code: EvidenceCode, occurred_on: date, reference: str, by: User, at: datetime, note: str = "",
    from_room: bool = False,
) -> SiteEvidence:  # fmt: skip
    """Puts a fact about the site on record, replacing an earlier record of the same fact.

    Args:
        reference: where the proof is filed; never blank.
        from_room: said by a room above from a record of its own; a fact that such a room keeps, nobody else records.
    """
    site = _locked_for(by, site)
    if not from_room and (sentence := kept_elsewhere(site, code)):
        raise Refusal("KEPT_ELSEWHERE", sentence, fields={"code": sentence})
    if code in ON_THE_CHECKLIST:
        raise Refusal("ON_THE_CHECKLIST", "This is settled on the site's start-up checklist, and nowhere else.")
    fields = {}
    if code not in EvidenceCode.values:
        fields["code"] = "Choose a fact."
    if occurred_on > site.today(at):
        fields["occurred_on"] = "This day has not come yet at the site."
    if not reference.strip():
        fields["reference"] = "Say where the proof is filed."
    if fields:
        raise BadInput("EVIDENCE", "This evidence cannot be recorded as it is.", fields=fields)
    earlier = _standing(site, code)
    if earlier is not None and (earlier.occurred_on, earlier.reference) == (occurred_on, reference.strip()):
        raise Conflict("RECORDED_ALREADY", "This fact is on record already, with this day and proof.")
    made = SiteEvidence.objects.create(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, code=code, occurred_on=occurred_on,
        reference=reference.strip(), note=note.strip(), recorded_at=at, recorded_by=by, replaces=earlier,
    )  # fmt: skip
    follow_facts([site.pk], at.date())
    return made


@use_case
def withdraw_evidence(*, evidence: SiteEvidence, reason: str, by: User, at: datetime) -> SiteEvidence:
    """Puts on record that a fact does not hold after all. Moves made on its strength stay, and are corrected apart."""
    site = _locked_for(by, evidence.site)
    if not says_why(reason):
        raise BadInput("REASON", "Say why.", fields={"reason": "Say why the evidence does not hold."})
    standing = _standing(site, evidence.code)
    if standing is None or standing.pk != evidence.pk:
        raise Refusal("NOT_STANDING", "This evidence has been replaced or withdrawn already.")
    made = SiteEvidence.objects.create(
        sponsor_id=site.sponsor_id, study_id=site.study_id, site=site, code=evidence.code,
        occurred_on=evidence.occurred_on, reference=evidence.reference, note=reason.strip(), recorded_at=at,
        recorded_by=by, replaces=standing, withdrawn=True,
    )  # fmt: skip
    follow_facts([site.pk], at.date())
    return made


def kept_elsewhere(site: Site, code: str) -> str | None:
    """Why a fact is not recorded by hand: another room keeps it for this site. None where nobody does."""
    return next(filter(None, (owner(site, code) for owner in protocols.evidence_owners())), None)


def _locked_for(by: User, site: Site) -> Site:
    site = Site.objects.select_related("facility").locked(site.pk)
    demand(
        by=by, verb="sites.record_evidence", record=site, code="MAY_NOT_RECORD",
        sentence="Your roles do not include recording evidence at this site.",
    )  # fmt: skip
    return site


def _standing(site: Site, code: str) -> SiteEvidence | None:
    return site.standing_evidence.filter(code=code).first()
