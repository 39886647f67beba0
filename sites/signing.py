"""What is signed of sites: a selection, with the facts it rests on; a go-live migration, whole."""

from django.urls import reverse

from ctms.core.signables import Content, Signable, iso
from sites.models import EvidenceCode, MigrationBatch, Site, SiteStatusEvent

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
    url=lambda site: reverse("site-status", args=[site.sponsor.code, site.study.slug, site.number]),
)  # fmt: skip


def migration_content(batch: MigrationBatch) -> Content:
    """Every status that a site brings, from which day and on what proof."""
    lines = batch.lines.select_related("site").order_by("site__number", "kind", "since", "id")
    return {
        "Study": batch.study.protocol_no,
        "Migration": batch.number,
        "Source": batch.source,
        "Statuses": [
            {
                "Site": line.site.number,
                "Kind": "Enrollment" if line.kind == SiteStatusEvent.Kind.ENROLLMENT else "Status",
                "Status": line.status,
                "Since": iso(line.since),
                "Proof at": line.proof,
            }
            for line in lines
        ],
    }


MIGRATION = Signable(
    MigrationBatch, migration_content, outside="Nothing: all of it is signed.",
    url=lambda batch: reverse("migration", args=[batch.sponsor.code, batch.study.slug, batch.number]),
)  # fmt: skip
