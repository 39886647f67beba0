"""A table of sites: new ones are made, known ones brought to what it says. An empty cell changes nothing."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.functional import cached_property

from ctms.accounts.models import ScopeKind
from ctms.accounts.services.scopes import new_scopes
from ctms.studies.importers.countries import country_name
from ctms.studies.models import StudyCountry
from sites.importers.kinds import ColumnRule, Kind, Line
from sites.importers.values import read_country, read_number
from sites.lifecycle import IDENTIFY, SITE
from sites.models import Facility, Site, SiteStatusEvent
from sites.services.directory import Address, address_of, read_zone, survivor
from sites.services.loading import Addition, Change, Loader
from sites.time_zones import zone_of

SITES = Kind(
    "sites",
    "Sites",
    "One row for each site of the study, with the place where it is.",
    (
        ColumnRule("site", "Site number", read_number, required=True, also=("Site", "Site no", "Site ID", "SITEID"),
                   help="The sponsor's own, without blanks and slashes.", example="AT-101"),
        ColumnRule("country", "Country", read_country, required=True, also=("Country code",),
                   help="Name, or ISO code of two or three letters.", example="Austria"),
        ColumnRule("city", "City", required=True, example="Graz"),
        ColumnRule("name", "Facility", also=("Hospital", "Institution", "Facility name"),
                   help="Empty where it is not disclosed.", example="University Hospital Graz"),
        ColumnRule("region", "State or region", also=("State", "Region", "Province"), example="Styria"),
        ColumnRule("postal_code", "Postal code", also=("ZIP", "Zip code", "Postcode"), example="8036"),
        ColumnRule("time_zone", "Time zone", read_zone, help="IANA name; empty: from the country, where it has one.",
                   example="Europe/Vienna"),
    ),
    key=("site",),
)  # fmt: skip
_PLACE = (("city", "City"), ("name", "Facility"), ("postal_code", "Postal code"))


@dataclass(slots=True)
class _Wanted:
    """A site to be made, or to be moved to another facility."""

    line: Line
    address: Address
    site: Site | None = None


class SiteLoader(Loader):
    kind: ClassVar[Kind] = SITES
    noun: ClassVar[str] = "sites"

    def begin(self) -> None:
        countries = StudyCountry.objects.filter(study=self.study).select_related("scope")
        self.countries = {country.country: country for country in countries}
        visible = set(Site.objects.visible_to(self.by).filter(study=self.study).values_list("pk", flat=True))
        sites = Site.objects.filter(study=self.study).select_related("facility", "country__scope")
        self.sites = {site.number.casefold(): (site, site.pk in visible) for site in sites}
        self.allowed: dict[str, bool] = {}
        self.wanted: list[_Wanted] = []
        self.new_countries: dict[str, None] = {}

    @cached_property
    def may_add_countries(self) -> bool:
        return self.may("studies.edit_study", self.study) and self.may("sites.edit_site", self.study)

    def consider(self, line: Line) -> None:
        country = line.values["country"]
        if not self._may_work_in(country, line):
            return
        site, is_visible = self.sites.get(line.values["site"].casefold(), (None, True))
        if site is None:
            address = self._address(line)
            self.wanted.append(_Wanted(line, address))
            place = ", ".join(filter(None, (address.name, address.postal_code, address.city, country_name(country))))
            self.plan.additions.append(Addition(line.number, line.values["site"], place))
            return
        if not is_visible:
            self.reading.object(line, "site", "The study has a site of this number elsewhere.")
        elif site.country.country != country:
            message = f"This site is in {site.country}; a site never changes its country."
            self.reading.object(line, "country", message)
        else:
            self._compare(line, site)

    def finish(self) -> None:
        if self.new_countries:
            names = ", ".join(sorted(map(country_name, self.new_countries)))
            self.plan.notes.append(f"These countries are added to the study: {names}.")

    def write(self) -> None:
        self._add_countries()
        facilities = self._facilities()
        new = [(one, facility) for one, facility in facilities if one.site is None]
        moved = []
        for one, facility in facilities:
            if one.site is not None:
                one.site.facility = facility
                moved.append(one.site)
        Site.objects.bulk_update(moved, ["facility"])
        parents = [(self.countries[one.address.country].scope, one.line.values["site"]) for one, _ in new]
        day = self.at.date()
        sites = Site.objects.bulk_create(
            Site(
                **self.owner, scope=scope, country=self.countries[one.address.country], facility=facility,
                number=one.line.values["site"], operational_status=SITE.start, status_on=day,
            )
            for (one, facility), scope in zip(new, new_scopes(ScopeKind.SITE, parents), strict=True)
        )  # fmt: skip
        SiteStatusEvent.objects.bulk_create(
            SiteStatusEvent(
                **self.owner, site=site, kind=SiteStatusEvent.Kind.OPERATIONAL, move=IDENTIFY, to_status=SITE.start,
                effective_on=day, recorded_at=self.at, recorded_by=self.by, reason=f"Listed in {self.file_name}",
            )
            for site in sites
        )  # fmt: skip

    def _may_work_in(self, country: str, line: Line) -> bool:
        present = self.countries.get(country)
        if present is None:
            if not self.may_add_countries:
                message = f"{country_name(country)} is no country of this study yet; who edits the study adds it."
                self.reading.object(line, "country", message)
                return False
            self.new_countries[country] = None
            return True
        if country not in self.allowed:
            self.allowed[country] = self.may("sites.edit_site", present)
        if not self.allowed[country]:
            self.reading.object(line, "country", "Your roles do not include making or editing sites in this country.")
        return self.allowed[country]

    def _compare(self, line: Line, site: Site) -> None:
        address = self._address(line, address_of(site.facility))
        if address.key == address_of(site.facility).key:
            self.plan.unchanged += 1
            return
        self.plan.changed += 1
        self.wanted.append(_Wanted(line, address, site))
        for name, label in _PLACE:
            old, new = getattr(site.facility, name), getattr(address, name)
            if old != new:
                self.plan.changes.append(Change(line.number, site.number, label, old, new))

    def _address(self, line: Line, present: Address | None = None) -> Address:
        """What the line says, and where it says nothing what is known."""
        said = {name: line.values[name] or (getattr(present, name) if present else "") for name, _ in _PLACE}
        return Address(country=line.values["country"], **said)

    def _add_countries(self) -> None:
        codes = sorted(self.new_countries)
        scopes = new_scopes(ScopeKind.COUNTRY, [(self.study.scope, country_name(code)) for code in codes])
        for country in StudyCountry.objects.bulk_create(
            StudyCountry(**self.owner, country=code, scope=scope) for code, scope in zip(codes, scopes, strict=True)
        ):
            self.countries[country.country] = country

    def _facilities(self) -> list[tuple[_Wanted, Facility]]:
        """The facility of each wanted site: known by name and address, or new. Undisclosed ones are never shared."""
        names = {one.address.name for one in self.wanted if one.address.name}
        countries = {one.address.country for one in self.wanted}
        directory = Facility.everything.filter(country__in=countries).exclude(name="").select_related("merged_into")
        known: dict[Any, Facility] = {address_of(one).key: survivor(one) for one in directory} if names else {}
        fresh: list[Facility] = []
        found = []
        for one in self.wanted:
            facility = known.get(one.address.key) if one.address.name else None
            if facility is None:
                facility = self._facility(one)
                fresh.append(facility)
                if one.address.name:
                    known[one.address.key] = facility
            found.append((one, facility))
        Facility.objects.bulk_create(fresh)
        return found

    def _facility(self, one: _Wanted) -> Facility:
        address, values = one.address, one.line.values
        return Facility(
            sponsor_id=self.study.sponsor_id, country=address.country, city=address.city, name=address.name,
            postal_code=address.postal_code, region=values["region"] or "",
            time_zone=values["time_zone"] or zone_of(address.country, None, None),
        )  # fmt: skip
