"""What is signed of a site: its selection, with the facts it rests on."""

from ctms.core.signables import Content, Signable, iso
from sites.models import EvidenceCode, Site

# The words are part of what is signed, so they are kept here and not taken from the labels on pages.
_RESTS_ON = {
    EvidenceCode.CDA_EXE: "Confidentiality agreement fully executed",
    EvidenceCode.FEAS_IN: "Feasibility questionnaire received",
    EvidenceCode.SQV_APPROVED: "Qualification visit report approved",
    EvidenceCode.SQV_WAIVED: "Qualification visit waived (prior experience)",
}


def selection_content(site: Site) -> Content:
    """Which place it is, and the evidence up to qualification that holds."""
    evidence = site.standing_evidence.filter(code__in=list(_RESTS_ON)).order_by("code", "id")
    return {
        "Study": site.study.protocol_no,
        "Site": site.number,
        "Country": site.country.country,
        "Facility": site.facility.name or None,
        "City": site.facility.city,
        "Evidence": [
            {"Fact": _RESTS_ON[EvidenceCode(one.code)], "On": iso(one.occurred_on), "Proof at": one.reference}
            for one in evidence
        ],
    }


SITE = Signable(
    Site, selection_content,
    outside="Its statuses, later evidence, its people, and the facility's coordinates and time zone.",
)  # fmt: skip
