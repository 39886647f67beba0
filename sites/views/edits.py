"""Making and changing sites and those who work there, and taking back what was made by mistake."""

from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property

from ctms.core import clock, protocols
from ctms.studies.models import StudyCountry
from ctms.studies.pages import InStudy
from ctms.web.edits import EditView
from ctms.web.places import found
from ctms.web.posts import FormPage, PostOnly
from sites.forms import EngagementForm, NewSiteForm, SiteForm
from sites.models import Facility, Site, SitePersonnel
from sites.pages import InSite
from sites.services import personnel
from sites.services import sites as site_services


def editable_countries(user: Any, countries: list[StudyCountry]) -> list[StudyCountry]:
    """Those in which this person may make and edit sites."""
    return [country for country in countries if protocols.authority().may(user, "sites.edit_site", country)]


class AddSite(InStudy, FormPage):
    """A site that no registry lists."""

    page = "sites"
    title = "Add a site"
    deed = "Making a site"
    submit = "Add"

    made: Site

    @cached_property
    def editable(self) -> list[StudyCountry]:
        countries = StudyCountry.objects.visible_to(self.request.user).filter(study=self.study).select_related("scope")
        return editable_countries(self.request.user, list(countries))

    def may_enter(self) -> bool:
        return bool(self.editable) or protocols.authority().may(self.request.user, "sites.edit_site", self.study)

    @property
    def subject(self) -> str:
        return self.study.protocol_no

    @property
    def back_url(self) -> str:
        return reverse("sites", args=[self.sponsor.code, self.study.slug])

    def make_form(self, data: Any = None) -> NewSiteForm:
        countries = StudyCountry.objects.filter(pk__in=[country.pk for country in self.editable])
        return NewSiteForm(data, countries=countries, initial=self.request.GET.dict())

    def carry_out(self, said: dict[str, Any]) -> str:
        place = {name: said[name].strip() for name in ("name", "city", "region", "postal_code")}
        self.made = site_services.create_site(
            country=said["country"], number=said["number"], place=place, reason=said["note"], by=self.request.user,
            at=clock.now(),
        )  # fmt: skip
        return f"{self.made}: added as a candidate."

    def undo_url(self) -> str:
        return reverse("site-take-back", args=[self.sponsor.code, self.study.slug, self.made.number])

    def next_url(self) -> str:
        return reverse("site", args=[self.sponsor.code, self.study.slug, self.made.number])


class EditSite(InSite, EditView):
    page = "site"
    title = "Edit site"
    form_class = SiteForm
    deed = "Editing the site"

    def may_enter(self) -> bool:
        return self.may("sites.edit_site")

    @property
    def record(self) -> Site:
        return self.site

    @property
    def back_url(self) -> str:
        return self.url("site")

    def asks_reason(self) -> bool:
        """A site just entered is still a draft; one with a second event is not."""
        return self.site.status_events.count() > 1

    def form_options(self) -> dict[str, Any]:
        facilities = Facility.objects.visible_to(self.request.user).filter(country=self.site.country.country)
        return {"facilities": facilities}

    def save(self, said: dict[str, Any], version: int | None) -> Site:
        return site_services.edit_site(site=self.site, changes=said, version=version, by=self.request.user)

    def next_url(self, record: Site) -> str:
        return reverse("site", args=[self.sponsor.code, self.study.slug, record.number])


class TakeBackSite(InSite, PostOnly):
    page = "site"
    deed = "Undone: the site was made by mistake"

    @property
    def back_url(self) -> str:
        return reverse("sites", args=[self.sponsor.code, self.study.slug])

    def carry_out(self) -> tuple[str, str]:
        site = site_services.take_back_site(site=self.site, by=self.request.user)
        return f"{site}: taken back.", ""


class InEngagement(InSite):
    page = "site-people"

    @property
    def back_url(self) -> str:
        return self.url("site-people")

    @cached_property
    def engagement(self) -> SitePersonnel:
        rows = self.site.personnel.filter(pk=self.kwargs["pk"]).select_related("person", "site__scope")
        row: SitePersonnel = found(rows)
        return row


class EditEngagement(InEngagement, EditView):
    title = "Edit role and dates"
    form_class = EngagementForm
    deed = "Editing who works at the site"

    def may_enter(self) -> bool:
        return self.may("sites.edit_personnel")

    @property
    def record(self) -> SitePersonnel:
        return self.engagement

    def save(self, said: dict[str, Any], version: int | None) -> SitePersonnel:
        return personnel.edit_personnel(engagement=self.engagement, changes=said, version=version, by=self.request.user)


class TakeBackEngagement(InEngagement, PostOnly):
    deed = "Undone: entered by mistake"

    def carry_out(self) -> tuple[str, str]:
        engagement = personnel.take_back_personnel(engagement=self.engagement, by=self.request.user)
        return f"{engagement}: taken back.", ""
