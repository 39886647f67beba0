"""A table of statuses that sites came to before they came here: lines of a go-live migration, still to be signed."""

from typing import ClassVar

from ctms.core.refusals import Conflict
from sites.importers.kinds import ColumnRule, Kind, Line
from sites.importers.values import read_choice, read_day, read_number
from sites.models import (
    BatchStatus,
    EnrollmentStatus,
    MigrationBatch,
    MigrationLine,
    OperationalStatus,
    SiteStatusEvent,
)
from sites.services.golive import draft_migration, with_history
from sites.services.loading import Addition, Change, OfSites

_KINDS = {str(code): str(words) for code, words in SiteStatusEvent.Kind.choices}
_STATUSES = {
    str(SiteStatusEvent.Kind.OPERATIONAL): {str(code): str(words) for code, words in OperationalStatus.choices},
    str(SiteStatusEvent.Kind.ENROLLMENT): {str(code): str(words) for code, words in EnrollmentStatus.choices},
}
_READERS = {kind: read_choice(statuses) for kind, statuses in _STATUSES.items()}

HISTORY = Kind(
    "history",
    "Status history",
    "One row for each status a running site came to, the present one last. It becomes a draft to be signed off.",
    (
        ColumnRule("site", "Site number", read_number, required=True, also=("Site", "Site no", "Site ID", "SITEID"),
                   example="AT-101"),
        ColumnRule("kind", "Kind", read_choice(_KINDS), help="Status or Enrollment; empty: Status.",
                   example="Status", choices=tuple(_KINDS.values())),
        ColumnRule("status", "Status", required=True, example="Activated",
                   choices=tuple(dict.fromkeys(words for each in _STATUSES.values() for words in each.values()))),
        ColumnRule("since", "Since", read_day, required=True, also=("Date", "From"), example="2023-05-02"),
        ColumnRule("proof", "Proof", required=True, also=("Reference", "Where the proof is", "eTMF"),
                   help="Where it is filed.", example="eTMF 05.04.03"),
    ),
    key=("site", "kind", "status"),
)  # fmt: skip


class HistoryLoader(OfSites):
    kind: ClassVar[Kind] = HISTORY
    noun: ClassVar[str] = "statuses for the go-live migration"
    verb: ClassVar[str] = "sites.draft_migration"
    doing: ClassVar[str] = "preparing a go-live migration"

    def begin(self) -> None:
        super().begin()
        batch = MigrationBatch.objects.filter(study=self.study, status=BatchStatus.DRAFT).first()
        lines = MigrationLine.objects.filter(batch=batch) if batch else ()
        self.present = {(line.site_id, line.kind, line.status): line for line in lines}
        self.settled = with_history(site.pk for site in self.sites.values())
        self.new: list[MigrationLine] = []
        self.altered: list[MigrationLine] = []

    def consider(self, line: Line) -> None:
        site = self.site_of(line)
        if site is None:
            return
        said, kind = line.values, line.values["kind"] or str(SiteStatusEvent.Kind.OPERATIONAL)
        try:
            status = _READERS[kind](said["status"])
        except ValueError as error:
            self.reading.object(line, "status", str(error))
            return
        if said["since"] > site.today(self.at):
            self.reading.object(line, "since", "This day has not come yet at the site.")
        elif site.pk in self.settled:
            message = "This site has a history here already: what is wrong in it is corrected there."
            self.reading.object(line, "site", message)
        elif (present := self.present.get((site.pk, kind, status))) is None:
            what = f"{site}: {SiteStatusEvent.words_of(kind, status)}"
            self.plan.additions.append(Addition(line.number, what, f"{said['since']:%-d %b %Y}, {said['proof']}"))
            self.new.append(
                MigrationLine(
                    **self.owner, site=site, kind=kind, status=status, since=said["since"], proof=said["proof"]
                )
            )
        elif (present.since, present.proof) == (said["since"], said["proof"]):
            self.plan.unchanged += 1
        else:
            self._alter(line, present)

    def _alter(self, line: Line, present: MigrationLine) -> None:
        said = line.values
        self.plan.changed += 1
        what = f"{line.said['site']}: {present.status_words}"
        old, new = f"{present.since:%-d %b %Y}", f"{said['since']:%-d %b %Y}"
        for label, before, after in (("Since", old, new), ("Proof", present.proof, said["proof"])):
            if before != after:
                self.plan.changes.append(Change(line.number, what, label, before, after))
        present.since, present.proof = said["since"], said["proof"]
        self.altered.append(present)

    def write(self) -> None:
        if self.plan.is_idle:
            return
        self.batch = draft_migration(study=self.study, source=self.file_name, by=self.by, at=self.at)
        if any(line.batch_id != self.batch.pk for line in self.altered):
            raise Conflict("SIGNED_MEANWHILE", "The migration was signed off meanwhile: look at this table again.")
        for line in self.new:
            line.batch = self.batch
        MigrationLine.objects.bulk_create(self.new)
        MigrationLine.objects.bulk_update(self.altered, ["since", "proof"])
