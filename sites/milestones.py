"""Which milestones are reached, by evidence, start-up items and statuses; `settings.MILESTONE_FACTS` names it."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Min

from ctms.core.protocols import LEFT, MilestoneFact
from ctms.core.wording import counted
from sites.filters import STAGES
from sites.models import EvidenceCode, ItemStatus, OperationalStatus, Site, SiteEvidence, SiteStatusEvent, StartUpItem
from sites.startup.checklist import UNDER_WAY, checklists_of

E, S = EvidenceCode, OperationalStatus

_BY_EVIDENCE: dict[str, str] = {
    E.CDA_EXE: "CDA_EXE", E.FEAS_IN: "FEAS_IN", E.SQV_APPROVED: "SQV", E.SQV_WAIVED: "SQV",
    E.SIV: "SIV", E.S_LPLV: "S_LPLV", E.COV_APPROVED: "COV",
}  # fmt: skip
_BY_ITEM: dict[str, str] = {  # of the standard start-up configuration; one with codes of its own tells nothing here
    "S-EDC": "EDC_GOLIVE", "S-IRT": "IRT_GOLIVE", "C-RA-SUB": "C_RA_SUB", "C-RA-APP": "C_RA_APP",
    "C-EC-SUB": "C_EC_SUB", "C-EC-APP": "C_EC_APP", "T-IRB-SUB": "IRB_SUB", "T-IRB-APP": "IRB_APP",
    "T-CTA-EXE": "CTA_EXE", "T-GL": "GREEN_LIGHT", "T-IPR": "IP_RELEASED",
}  # fmt: skip
_BY_STATUS: dict[str, str] = {
    S.CDA_PENDING: "CDA_OUT", S.CDA_EXECUTED: "CDA_EXE", S.FEASIBILITY_SENT: "FEAS_OUT",
    S.FEASIBILITY_RECEIVED: "FEAS_IN", S.SQV_DONE: "SQV", S.SELECTED: "SELECTED", S.START_UP: "STARTUP_PKG_OUT",
    S.SIV_READY: "ESS_DOCS_COMPLETE", S.INITIATED: "SIV", S.ACTIVATED: "ACTIVATED", S.CLOSED: "CLOSED",
    S.ARCHIVED: "ARCHIVED",
}  # fmt: skip


def facts(study: Any) -> Iterator[MilestoneFact]:
    """Evidence that holds, then start-up items that are done, then statuses, each on the day it first was so; the sites
    that take no part; and what the start-up room expects of the others."""
    evidence = SiteEvidence.objects.filter(study=study, replaced_by=None, withdrawn=False, code__in=list(_BY_EVIDENCE))
    first = evidence.order_by("occurred_on", "id").values_list("site__scope", "code", "occurred_on", "reference")
    for scope_id, code, on, reference in first:
        yield MilestoneFact(scope_id, _BY_EVIDENCE[code], on, f"Evidence: {E(code).label}, {reference}")
    done = StartUpItem.objects.filter(study=study, status=ItemStatus.DONE, code__in=list(_BY_ITEM))
    items = done.order_by("id").values_list("scope", "code", "name", "actual_on", "reference")
    for scope_id, code, name, day, reference in items:
        assert day is not None  # the table demands it of what is done
        yield MilestoneFact(scope_id, _BY_ITEM[code], day, f"Start-up item: {name}, {reference}")
    events = SiteStatusEvent.objects.filter(
        study=study, kind=SiteStatusEvent.Kind.OPERATIONAL, corrections=None, to_status__in=list(_BY_STATUS)
    )
    for row in events.order_by().values("site__scope", "to_status").annotate(first=Min("effective_on")):
        words = f"Status of the site: {S(row['to_status']).label}"
        yield MilestoneFact(row["site__scope"], _BY_STATUS[row["to_status"]], row["first"], words)
    out = Site.objects.filter(study=study, operational_status__in=STAGES["out"][1])
    for scope_id, status, since in out.values_list("scope", "operational_status", "status_on"):
        yield MilestoneFact(scope_id, LEFT, since, f"The site is {S(status).label.lower()}")
    yield from _expected(study)


def _expected(study: Any) -> Iterator[MilestoneFact]:
    """When sites in start-up are to be activated, and their items settled, by the checklists that their board reads."""
    under_way = Site.objects.filter(study=study, operational_status__in=UNDER_WAY)
    sites = {site.pk: site for site in under_way.select_related("study", "country")}
    for key, checklist in checklists_of(list(sites.values())).items():
        for item in checklist.items.values():
            if not item.is_settled and item.code in _BY_ITEM:
                words = f"Start-up item: {item.name}, {checklist.expected_words(item)}"
                yield MilestoneFact(
                    item.scope_id, _BY_ITEM[item.code], checklist.expected_on(item), words, is_forecast=True
                )
        if (on := checklist.opens_on("ACTIVATION")) is not None:
            words = f"Start-up: {counted(len(checklist.blockers('ACTIVATION')), 'open item')}, the last expected then"
            yield MilestoneFact(sites[key].scope_id, "ACTIVATED", on, words, is_forecast=True)
