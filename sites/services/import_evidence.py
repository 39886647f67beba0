"""A table of dated facts: what was proved of which site, on which day, and where the proof is filed."""

from typing import ClassVar

from sites.importers.kinds import ColumnRule, Kind, Line
from sites.importers.values import read_choice, read_day, read_number
from sites.models import RECORDED, SiteEvidence
from sites.services.evidence import kept_elsewhere
from sites.services.loading import Addition, Change, OfSites
from sites.services.startup import follow_facts

_FACTS = {str(code): str(words) for code, words in RECORDED}

EVIDENCE = Kind(
    "evidence",
    "Dated facts",
    "One row for each fact about a site, with the place of its proof.",
    (
        ColumnRule("site", "Site number", read_number, required=True, also=("Site", "Site no", "Site ID", "SITEID"),
                   example="AT-101"),
        ColumnRule("fact", "Fact", read_choice(_FACTS), required=True, also=("Evidence", "Milestone"),
                   example="Initiation visit done", choices=tuple(_FACTS.values())),
        ColumnRule("day", "Day", read_day, required=True, also=("Date", "Date of the fact"), example="2024-02-20"),
        ColumnRule("proof", "Proof", required=True, also=("Reference", "Where the proof is", "eTMF"),
                   help="Where the proof is filed.", example="eTMF 05.04.08"),
        ColumnRule("note", "Note"),
    ),
    key=("site", "fact"),
)  # fmt: skip


class EvidenceLoader(OfSites):
    kind: ClassVar[Kind] = EVIDENCE
    noun: ClassVar[str] = "dated facts"
    verb: ClassVar[str] = "sites.record_evidence"
    doing: ClassVar[str] = "recording evidence"

    def begin(self) -> None:
        super().begin()
        standing = SiteEvidence.objects.filter(
            site__in=[site.pk for site in self.sites.values()], replaced_by=None, withdrawn=False
        )
        self.standing = {(one.site_id, one.code): one for one in standing}
        self.rows: list[SiteEvidence] = []

    def consider(self, line: Line) -> None:
        site = self.site_of(line)
        if site is None:
            return
        said = line.values
        if said["day"] > site.today(self.at):
            self.reading.object(line, "day", "This day has not come yet at the site.")
            return
        present = self.standing.get((site.pk, said["fact"]))
        if present is not None and (present.occurred_on, present.reference) == (said["day"], said["proof"]):
            self.plan.unchanged += 1
            return
        if sentence := kept_elsewhere(site, said["fact"]):
            self.reading.object(line, "fact", sentence)
            return
        self.rows.append(
            SiteEvidence(
                **self.owner, site=site, code=said["fact"], occurred_on=said["day"], reference=said["proof"],
                note=said["note"] or "", recorded_at=self.at, recorded_by=self.by, replaces=present,
            )
        )  # fmt: skip
        what = f"{site.number}: {_FACTS[said['fact']]}"
        if present is None:
            self.plan.additions.append(Addition(line.number, what, f"{said['day']:%-d %b %Y}, {said['proof']}"))
            return
        self.plan.changed += 1
        for label, old, new in (
            ("Day", f"{present.occurred_on:%-d %b %Y}", f"{said['day']:%-d %b %Y}"),
            ("Proof", present.reference, said["proof"]),
        ):
            if old != new:
                self.plan.changes.append(Change(line.number, what, label, old, new))

    def write(self) -> None:
        SiteEvidence.objects.bulk_create(self.rows)
        follow_facts({row.site_id for row in self.rows}, self.at.date())
