"""Lists: the sites of a study or country, the sponsor's facilities and people."""

from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.urls import reverse

from ctms.accounts import access
from ctms.studies.models import ExternalClaim
from ctms.studies.pages import InStudy
from ctms.web.lists import ListView, rank
from ctms.web.places import InSponsor
from sites.columns import FACILITY_COLUMNS, PERSON_COLUMNS, SITE_COLUMNS
from sites.filters import FacilityFilter, PersonFilter, SiteFilter
from sites.models import EnrollmentStatus, Facility, OperationalStatus, Person, Site, SitePersonnel
from sites.services.duplicates import may_merge
from sites.views.edits import editable_countries
from sites.views.imports import may_import


class SiteList(InStudy, ListView):
    """The sites of a study, or of the study in one country."""

    page = "sites"
    title = "Sites"
    noun = ("site", "sites")
    columns = SITE_COLUMNS
    filterset_class = SiteFilter
    default_sort = "number"
    template_name = "sites/list.html"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-sites"

    def rows(self) -> QuerySet[Site]:
        claim = ExternalClaim.objects.filter(scope=OuterRef("scope"), topic="recruitment_status")
        sites = Site.objects.visible_in(self.study, self.request.user)
        if self.country is not None:
            sites = sites.filter(country=self.country)
        return sites.select_related("facility", "country").annotate(
            registry_status=Subquery(claim.values("value")[:1]),
            registry_as_of=Subquery(claim.values("run__source_as_of")[:1]),
        )

    def sort_keys(self) -> dict[str, Any]:
        """Statuses in the order of the lifecycle, countries in that of their names."""
        return {
            "status_rank": rank("operational_status", OperationalStatus.values),
            "enrollment_rank": rank("enrollment_status", EnrollmentStatus.values),
            "country_rank": rank("country__country", [one.country for one in self.countries]),
        }

    def row_url(self, row: Site) -> str:
        return reverse("site", args=[self.sponsor.code, self.study.slug, row.number])

    def actions(self) -> list[dict[str, str]]:
        user, actions = self.request.user, []
        if may_import(user, self.study):
            actions.append({"label": "Import", "icon": "upload", "url": self._url("import")})
        if editable_countries(user, self.countries):
            actions.append({"label": "Add a site", "icon": "plus", "url": self._url("site-add")})
        return actions

    def empty(self) -> dict[str, str]:
        return {
            "title": "No sites yet",
            "text": "Add the sites of this study one by one, or load its registry record with manage.py load_trial: "
            "its locations become candidate sites.",
        }

    def _url(self, name: str) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug])


class FacilityList(InSponsor, ListView):
    """The hospitals and practices the sponsor knows, whatever the study."""

    page = "facilities"
    title = "Facilities"
    noun = ("facility", "facilities")
    columns = FACILITY_COLUMNS
    filterset_class = FacilityFilter
    default_sort = "name"
    file_name = "facilities"

    def rows(self) -> QuerySet[Facility]:
        sites = Site.objects.visible_to(self.request.user).select_related("study").order_by("number")
        return Facility.objects.visible_to(self.request.user).prefetch_related(Prefetch("sites", sites))

    def row_url(self, row: Facility) -> str:
        return reverse("facility", args=[self.sponsor.code, row.pk])

    def actions(self) -> list[dict[str, str]]:
        return _of_directory(self, "sites.edit_site", "facility", "Add a facility")

    def empty(self) -> dict[str, str]:
        return _not_shown(self, "sites.view_site") or super().empty()


class PersonList(InSponsor, ListView):
    """The people at sites that the sponsor knows. Not users of the system."""

    page = "people"
    title = "Site staff"
    noun = ("person", "people")
    columns = PERSON_COLUMNS
    filterset_class = PersonFilter
    default_sort = "name"
    file_name = "people"

    def rows(self) -> QuerySet[Person]:
        engagements = SitePersonnel.objects.visible_to(self.request.user).select_related("site__study")
        return Person.objects.visible_to(self.request.user).prefetch_related(Prefetch("engagements", engagements))

    def row_url(self, row: Person) -> str:
        return reverse("person", args=[self.sponsor.code, row.pk])

    def actions(self) -> list[dict[str, str]]:
        return _of_directory(self, "sites.edit_personnel", "person", "Add a person")

    def empty(self) -> dict[str, str]:
        return _not_shown(self, "sites.view_person") or {
            "title": "No people yet",
            "text": "Add who works at a site on its People tab. Registry imports leave people out unless asked for.",
        }


def _not_shown(view: InSponsor, verb: str) -> dict[str, str]:
    """What to say to whom no role shows anything here; nothing to others."""
    if access.may_somewhere(view.request.user, verb):
        return {}
    return {"title": "Nothing that you may see", "text": "None of your roles shows what is at sites."}


def _of_directory(view: InSponsor, verb: str, name: str, label: str) -> list[dict[str, str]]:
    """What can be done with the list of facilities or people: `name` begins the names of the pages' addresses."""
    user, code, actions = view.request.user, view.sponsor.code, []
    if may_merge(user):
        url = reverse(f"{name}-duplicates", args=[code])
        actions.append({"label": "Find duplicates", "icon": "git-merge", "url": url})
    if access.may_somewhere(user, verb):
        actions.append({"label": label, "icon": "plus", "url": reverse(f"{name}-add", args=[code])})
    return actions
