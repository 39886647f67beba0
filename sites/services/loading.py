"""What the loaders of tables have in common: a plan first, with everything that is wrong; then all of it or nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from ctms.accounts.models import User
from ctms.core import protocols
from ctms.studies.models import Study
from sites.importers.kinds import Kind, Line, Reading
from sites.importers.tables import CellError
from sites.models import MigrationBatch, Site


@dataclass(frozen=True, slots=True)
class Change:
    """One field that a row would change."""

    row: int
    what: str
    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Addition:
    """One record that a row would make."""

    row: int
    what: str
    text: str


@dataclass(slots=True)
class Plan:
    """What applying a table would do."""

    changed: int = 0
    unchanged: int = 0
    additions: list[Addition] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)

    @property
    def new(self) -> int:
        return len(self.additions)

    @property
    def is_idle(self) -> bool:
        return not (self.new or self.changed)


class Loader:
    """Plans and writes one kind of table for one study. A subclass says what a line means and writes it."""

    kind: ClassVar[Kind]
    noun: ClassVar[str]  # what the rows are, in the plural
    batch: MigrationBatch | None = None  # the go-live migration that what was written went into

    def __init__(self, *, study: Study, reading: Reading, file_name: str, by: User, at: datetime) -> None:
        self.study, self.reading, self.by, self.at = study, reading, by, at
        self.file_name = file_name
        self.plan = Plan()

    def prepare(self) -> Plan:
        """Looks at every line and writes nothing."""
        self.begin()
        for line in self.reading.lines:
            self.consider(line)
        self.finish()
        self.plan.notes += [f"Column {column} is not known and was not read." for column in self.reading.unread]
        self.plan.errors = sorted(self.reading.errors, key=lambda error: (error.row, error.column))
        return self.plan

    def begin(self) -> None:
        """Reads what is there already, in a fixed number of statements."""

    def consider(self, line: Line) -> None:
        raise NotImplementedError

    def finish(self) -> None:
        """Looks at what only all lines together show."""

    def write(self) -> None:
        """Writes what was planned, in a fixed number of statements."""
        raise NotImplementedError

    def may(self, verb: str, record: Any) -> bool:
        return protocols.authority().may(self.by, verb, record)

    @property
    def owner(self) -> dict[str, int]:
        return {"sponsor_id": self.study.sponsor_id, "study_id": self.study.pk}


class OfSites(Loader):
    """A loader whose lines name a site of the study by its number."""

    verb: ClassVar[str]
    doing: ClassVar[str]  # what that verb allows, in words

    def begin(self) -> None:
        sites = Site.objects.visible_to(self.by).filter(study=self.study)
        self.sites = {site.number.casefold(): site for site in sites.select_related("scope", "facility")}
        self.allowed: dict[int, bool] = {}

    def site_of(self, line: Line) -> Site | None:
        """The site a line names, or None with what is wrong noted."""
        site = self.sites.get(line.values["site"].casefold())
        if site is None:
            self.reading.object(line, "site", "The study has no site of this number that you can see.")
            return None
        if site.pk not in self.allowed:
            self.allowed[site.pk] = self.may(self.verb, site)
        if not self.allowed[site.pk]:
            self.reading.object(line, "site", f"Your roles do not include {self.doing} at this site.")
            return None
        return site
