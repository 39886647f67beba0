"""What is signed of sites: a selection, with its facts; a go-live migration, whole; start-up's rules and waivers."""

from typing import Any

from django.urls import reverse

from ctms.core.signables import Content, Signable, iso
from sites.models import (
    EvidenceCode,
    Gate,
    ItemKind,
    ItemWaiver,
    Level,
    MigrationBatch,
    Site,
    SiteStatusEvent,
    StartUpConfiguration,
)
from sites.models.sites import all_statuses

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
    MigrationBatch, migration_content, outside="Nothing: all of it is signed.", codes={"Status": all_statuses()},
    url=lambda batch: reverse("migration", args=[batch.sponsor.code, batch.study.slug, batch.number]),
)  # fmt: skip


def configuration_content(configuration: StartUpConfiguration) -> Content:
    """Every item and every country, as sites will be asked."""
    content = configuration.content
    return {
        "Study": configuration.study.protocol_no,
        "Version": configuration.number,
        "In force from": iso(configuration.effective_from),
        "Title": content["title"],
        "Calendar of the study": content["calendar"],
        "Attributes": dict(content["attributes"]),
        "Items": [_item(item) for item in content["items"]],
        "Countries": [{"Country": code, **_country(one)} for code, one in sorted(content["countries"].items())],
    }


def _item(item: dict[str, Any]) -> Content:
    return {
        "Item": f"{item['code']} {item['name']}",
        "Asked of": item["level"],
        "Kind": item["kind"],
        "Gate": item["gate"] or None,
        "Business days": item["days"],
        "First with": item["holder"],
        "After": item["after"],
        "Only where": item["applies"],
        "Only in": item["countries"],
        "Expires": item["expires"] or None,
        "Of persons who are": item["roles"],
        "Settled by the fact": item["fact"],
        "Column": item["column"] or None,
    }


def _country(one: dict[str, Any]) -> Content:
    return {
        "Calendar": one["calendar"],
        "Kept by": one["owner"],
        "As of": one["as_of"],
        "Route": one["route"],
        "Is so": [name for name, value in sorted(one["truths"].items()) if value],
        "Is not so": [name for name, value in sorted(one["truths"].items()) if not value],
        "Other business days": [f"{code}: {days}" for code, days in sorted(one["days"].items())],
    }


CONFIGURATION = Signable(
    StartUpConfiguration, configuration_content, outside="Its status, and the file's name.",
    codes={"Asked of": Level.choices, "Kind": ItemKind.choices, "Gate": Gate.choices},
)  # fmt: skip


def waiver_content(waiver: ItemWaiver) -> Content:
    """Which item of whom is waived, and on what grounds."""
    item = waiver.item
    return {
        "Study": waiver.study.protocol_no,
        "Item": f"{item.code} {item.name}",
        "Of": item.whose,
        "Gate": item.gate or None,
        "Grounds": waiver.grounds,
    }


WAIVER = Signable(ItemWaiver, waiver_content, outside="Its status, and the item's dates.", codes={"Gate": Gate.choices})
