"""What views inside a study share: the study and country that the address names, if this person may see them."""

from typing import Any

from django.urls import reverse
from django.utils.functional import SimpleLazyObject, cached_property

from ctms.studies.models import Study, StudyCountry
from ctms.web.places import InSponsor, Place, found


class InStudy(InSponsor):
    """A page of one study, and within it perhaps of one country: /s/<study>/... or /s/<study>/c/<country>/..."""

    @cached_property
    def study(self) -> Study:
        """The study of the address; 404 for one that is not there, or not for this person."""
        studies = Study.objects.visible_to(self.request.user).select_related("scope")
        study: Study = found(studies.filter(slug=self.kwargs["study"]))
        study.sponsor = self.sponsor
        return study

    @cached_property
    def country(self) -> StudyCountry | None:
        """The country of the address, if it names one."""
        if "country" not in self.kwargs:
            return None
        countries = StudyCountry.objects.visible_to(self.request.user).select_related("scope")
        country: StudyCountry = found(countries.filter(study=self.study, country=self.kwargs["country"].upper()))
        return country

    @cached_property
    def countries(self) -> list[StudyCountry]:
        """The countries of the study that this person may see, by name."""
        countries = StudyCountry.objects.visible_to(self.request.user).filter(study=self.study).select_related("scope")
        return sorted(countries, key=lambda country: country.name)

    def to(self, name: str, *more: Any) -> str:
        """The address of a page of the study."""
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])

    @property
    def place(self) -> Place:
        countries: Any = SimpleLazyObject(lambda: self.countries)
        return Place(self.sponsor, self.study, self.country, None, countries, self.page, self.place_title)
