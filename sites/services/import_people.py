"""A table of site staff: who works where, in which role, from when until when. An empty cell changes nothing."""

from collections import defaultdict
from typing import ClassVar

from ctms.core.merging import Tally, merge
from sites.importers.kinds import ColumnRule, Kind, Line
from sites.importers.values import key_of, read_choice, read_day, read_number
from sites.models import Person, PersonnelRole, Site, SitePersonnel
from sites.services.loading import Addition, Change, OfSites
from sites.startup.opening import add_for_engagements

PI = PersonnelRole.PRINCIPAL_INVESTIGATOR
_ALSO = {
    "PI": PI, "Investigator": PI, "Sub-I": PersonnelRole.SUB_INVESTIGATOR, "Co-investigator":
    PersonnelRole.SUB_INVESTIGATOR, "SC": PersonnelRole.COORDINATOR, "Coordinator": PersonnelRole.COORDINATOR,
    "CRC": PersonnelRole.COORDINATOR, "Study nurse": PersonnelRole.COORDINATOR,
}  # fmt: skip
_ROLES = {str(code): str(words) for code, words in PersonnelRole.choices}

PEOPLE = Kind(
    "people",
    "Site staff",
    "One row for each person and role at a site.",
    (
        ColumnRule("site", "Site number", read_number, required=True, also=("Site", "Site no", "Site ID", "SITEID"),
                   example="AT-101"),
        ColumnRule("name", "Name", required=True, also=("Person", "Full name"), example="Anna Gruber"),
        ColumnRule("role", "Role", read_choice(_ROLES, _ALSO), required=True, example="Principal investigator",
                   choices=tuple(_ROLES.values())),
        ColumnRule("starts_on", "From", read_day, also=("Start", "Start date"), example="2024-01-15"),
        ColumnRule("ends_on", "Until", read_day, also=("End", "End date"), help="The last day; empty: still there."),
    ),
    key=("site", "name", "role", "starts_on"),
)  # fmt: skip
_Who = tuple[int, tuple[str, ...], str]  # site, name, role
_DATES = (("starts_on", "From"), ("ends_on", "Until"))


class PeopleLoader(OfSites):
    kind: ClassVar[Kind] = PEOPLE
    noun: ClassVar[str] = "roles at sites"
    verb: ClassVar[str] = "sites.edit_personnel"
    doing: ClassVar[str] = "editing who works"

    def begin(self) -> None:
        super().begin()
        self.engagements: dict[_Who, list[SitePersonnel]] = defaultdict(list)
        self.known: dict[tuple[int, tuple[str, ...]], Person] = {}
        here = SitePersonnel.objects.filter(site__in=[site.pk for site in self.sites.values()])
        self.leads: dict[int, set[str]] = defaultdict(set)  # site -> keys of who is principal investigator there
        for one in here.select_related("person"):
            self.engagements[one.site_id, key_of(one.person.name), one.role].append(one)
            self.known[one.site_id, key_of(one.person.name)] = one.person
            if one.role == PI and one.ends_on is None:
                self.leads[one.site_id].add(one.person.name.casefold())
        self.source = f"Table for {self.study.protocol_no}"
        self.new: list[tuple[Line, Site]] = []
        self.altered: list[SitePersonnel] = []
        self.lead_lines: list[tuple[Line, Site]] = []

    def consider(self, line: Line) -> None:
        site = self.site_of(line)
        if site is None:
            return
        starts, ends = line.values["starts_on"], line.values["ends_on"]
        present = self._present(line, site)
        first = starts or (present.starts_on if present else None)
        if first is not None and ends is not None and ends < first:
            self.reading.object(line, "ends_on", f"This is before the first day, {first:%-d %b %Y}.")
            return
        if present is None:
            days = " to ".join(filter(None, (_day(starts), _day(ends))))
            role = ", ".join(filter(None, (_ROLES[line.values["role"]], days)))
            self.plan.additions.append(Addition(line.number, f"{site}: {line.values['name']}", role))
            self.new.append((line, site))
        elif not self._alter(line, present):
            self.plan.unchanged += 1
        if line.values["role"] == PI:
            name = line.values["name"].casefold()
            if ends is None and (present is None or present.ends_on is None):
                self.leads[site.pk].add(name)
                self.lead_lines.append((line, site))
            elif ends is not None:
                self.leads[site.pk].discard(name)

    def finish(self) -> None:
        for line, site in self.lead_lines:
            others = self.leads[site.pk] - {line.values["name"].casefold()}
            if others:
                message = f"A site has one principal investigator at a time; here also {', '.join(sorted(others))}."
                self.reading.object(line, "role", message)

    def write(self) -> None:
        people = self._people()
        made = SitePersonnel.objects.bulk_create(
            SitePersonnel(
                **self.owner, site=site, person=people[site.pk, key_of(line.values["name"])], role=line.values["role"],
                starts_on=line.values["starts_on"], ends_on=line.values["ends_on"],
            )
            for line, site in self.new
        )  # fmt: skip
        SitePersonnel.objects.bulk_update(self.altered, ["starts_on", "ends_on"])
        add_for_engagements(made)

    def _present(self, line: Line, site: Site) -> SitePersonnel | None:
        """The engagement that the line speaks of: of the same first day, else one of which a day is not known yet."""
        alike = self.engagements.get((site.pk, key_of(line.values["name"]), line.values["role"]), [])
        starts = line.values["starts_on"]
        same = [one for one in alike if one.starts_on == starts]
        open_ended = [one for one in alike if starts is None or one.starts_on is None]
        return next(iter(same or open_ended), None)

    def _alter(self, line: Line, present: SitePersonnel) -> bool:
        """Takes over what the line knows and we did not, or knew otherwise; tells whether anything."""
        before = len(self.plan.changes)
        for name, label in _DATES:
            old, new = getattr(present, name), line.values[name]
            if new is not None and new != old:
                setattr(present, name, new)
                what = f"{line.said['site']}: {present.person}"
                self.plan.changes.append(Change(line.number, what, label, _day(old), _day(new)))
        if len(self.plan.changes) == before:
            return False
        self.plan.changed += 1
        self.altered.append(present)
        return True

    def _people(self) -> dict[tuple[int, tuple[str, ...]], Person]:
        """(site, name) -> person: who works there already, else the one of this name from this study's tables."""
        wanted: dict[tuple[str, ...], str] = {}
        for line, site in self.new:
            if (site.pk, key_of(line.values["name"])) not in self.known:
                wanted.setdefault(key_of(line.values["name"]), line.values["name"])
        stored = merge(
            list(Person.objects.filter(source=self.source)),
            [Person(sponsor_id=self.study.sponsor_id, name=name, source=self.source) for name in wanted.values()],
            key=lambda person: key_of(person.name), fields=(), tally=Tally(),
        )  # fmt: skip
        return {
            (site.pk, key_of(line.values["name"])): self.known.get((site.pk, key_of(line.values["name"])))
            or stored[key_of(line.values["name"])]
            for line, site in self.new
        }


def _day(day: object) -> str:
    return f"{day:%-d %b %Y}" if day else ""
