"""Which milestones sites have reached, by their evidence and statuses; `settings.MILESTONE_FACTS` names it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Min

from ctms.core.protocols import LEFT, MilestoneFact
from sites.filters import STAGES
from sites.models import EvidenceCode, OperationalStatus, Site, SiteEvidence, SiteStatusEvent

E, S = EvidenceCode, OperationalStatus

_BY_EVIDENCE: dict[str, str] = {
    E.CDA_EXE: "CDA_EXE", E.FEAS_IN: "FEAS_IN", E.SQV_APPROVED: "SQV", E.SQV_WAIVED: "SQV",
    E.SIV_GATE: "ESS_DOCS_COMPLETE", E.SIV: "SIV", E.GREEN_LIGHT: "GREEN_LIGHT", E.IP_RELEASED: "IP_RELEASED",
    E.S_LPLV: "S_LPLV", E.COV_APPROVED: "COV",
}  # fmt: skip
_BY_STATUS: dict[str, str] = {
    S.CDA_PENDING: "CDA_OUT", S.CDA_EXECUTED: "CDA_EXE", S.FEASIBILITY_SENT: "FEAS_OUT",
    S.FEASIBILITY_RECEIVED: "FEAS_IN", S.SQV_DONE: "SQV", S.SELECTED: "SELECTED", S.START_UP: "STARTUP_PKG_OUT",
    S.INITIATED: "SIV", S.ACTIVATED: "ACTIVATED", S.CLOSED: "CLOSED", S.ARCHIVED: "ARCHIVED",
}  # fmt: skip


def facts(study: Any) -> Iterator[MilestoneFact]:
    """Evidence that holds, before statuses, each on the day it first was so; and the sites that take no part."""
    evidence = SiteEvidence.objects.filter(study=study, replaced_by=None, withdrawn=False, code__in=list(_BY_EVIDENCE))
    first = evidence.order_by("occurred_on", "id").values_list("site__scope", "code", "occurred_on", "reference")
    for scope_id, code, on, reference in first:
        yield MilestoneFact(scope_id, _BY_EVIDENCE[code], on, f"Evidence: {E(code).label}, {reference}")
    events = SiteStatusEvent.objects.filter(
        study=study, kind=SiteStatusEvent.Kind.OPERATIONAL, corrections=None, to_status__in=list(_BY_STATUS)
    )
    for row in events.order_by().values("site__scope", "to_status").annotate(first=Min("effective_on")):
        words = f"Status of the site: {S(row['to_status']).label}"
        yield MilestoneFact(row["site__scope"], _BY_STATUS[row["to_status"]], row["first"], words)
    out = Site.objects.filter(study=study, operational_status__in=STAGES["out"][1])
    for scope_id, status, since in out.values_list("scope", "operational_status", "status_on"):
        yield MilestoneFact(scope_id, LEFT, since, f"The site is {S(status).label.lower()}")
