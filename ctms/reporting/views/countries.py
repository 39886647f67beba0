"""The countries of a study."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from ctms.studies.importers.countries import country_name
from ctms.studies.models import StudyCountry
from ctms.studies.pages import InStudy
from ctms.web.columns import Column
from ctms.web.lists import ListView, rank
from ctms.web.places import Place
from sites import metrics
from sites.filters import STAGES


class CountryFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        method="search", label="Search", widget=forms.SearchInput(attrs={"placeholder": "Country"})
    )  # fmt: skip

    class Meta:
        model = StudyCountry
        fields: tuple[str, ...] = ()

    def search(self, countries: QuerySet[StudyCountry], name: str, value: str) -> QuerySet[StudyCountry]:
        codes = countries.values_list("country", flat=True)
        wanted = value.casefold()
        return countries.filter(
            country__in=[code for code in codes if wanted in country_name(code).casefold() or wanted == code.casefold()]
        )


def _stage_column(stage: str, words: str) -> Column:
    return Column(stage, words, lambda country: getattr(country, stage), "number", (stage,), generated=True,
                  machine=stage)  # fmt: skip


class CountryList(InStudy, ListView):
    """The countries of a study, with their sites by stage."""

    page = "countries"
    title = "Countries"
    noun = ("country", "countries")
    columns = (
        Column("name", "Country", lambda country: country.name, "text", ("rank",), phone="title", is_link=True),
        Column("code", "Code", lambda country: country.country, "text", ("country",), phone="hide",
               machine="country"),
        Column("total", "Sites", lambda country: country.total, "number", ("total",), machine="total"),
        *(_stage_column(stage, words) for stage, (words, _) in STAGES.items()),
    )  # fmt: skip
    filterset_class = CountryFilter
    default_sort = "name"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-countries"

    def rows(self) -> QuerySet[StudyCountry]:
        seen = Q(sites__in=metrics.sites_within(Place(self.sponsor, self.study), self.request.user))
        by_stage = {
            stage: Count("sites", filter=seen & Q(sites__operational_status__in=statuses))
            for stage, (_, statuses) in STAGES.items()
        }
        countries = StudyCountry.objects.visible_to(self.request.user).filter(study=self.study)
        return countries.annotate(total=Count("sites", filter=seen), **by_stage)

    def sort_keys(self) -> dict[str, Any]:
        return {"rank": rank("country", [one.country for one in self.countries])}

    def row_url(self, row: StudyCountry) -> str:
        return reverse("country", args=[self.sponsor.code, self.study.slug, row.country.lower()])
