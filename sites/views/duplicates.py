"""Facilities and people that are probably the same, and the page that merges two of them."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.web.forms import StackedRadios
from ctms.web.places import InSponsor, PageRequest, found
from ctms.web.posts import FormPage
from ctms.web.refusable import RefusableForm
from sites.models import Facility, Person, Site, SitePersonnel
from sites.services import duplicates
from sites.views.directory import facility_facts, person_facts

_SHOWN = 100
_AGES = ("Known longer", "Newer entry")
_COLUMNS = ({"label": "Known longer"}, {"label": "Probably the same"}, {"label": "Names"}, {"label": ""})


class MergeForm(RefusableForm):
    survivor = forms.ChoiceField(label="Which one stays", widget=StackedRadios)
    reason = forms.CharField(label="How you know", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, choices: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["survivor"].choices = choices


class InDirectory(InSponsor):
    """What facilities and people have in common."""

    model: ClassVar[Any]
    merge_name: ClassVar[str]

    def may_enter(self) -> bool:
        return duplicates.may_merge(self.request.user)

    def rows(self) -> Any:
        return self.model.objects.visible_to(self.request.user)

    def pairs(self) -> list[duplicates.Pair]:
        raise NotImplementedError

    def details(self, record: Any) -> str:
        """What tells it from others of its name."""
        raise NotImplementedError

    def facts(self, record: Any) -> list[dict[str, Any]]:
        """All that is known of it, as label and value."""
        raise NotImplementedError


class OfFacilities(InDirectory):
    page = "facilities"
    model = Facility
    merge_name = "facility-merge"

    def pairs(self) -> list[duplicates.Pair]:
        return duplicates.facility_pairs(self.rows())

    def details(self, record: Facility) -> str:
        address = ", ".join(filter(None, (record.postal_code, record.place)))
        return f"{address}; {self._sites(record) or 'no site'}"

    def facts(self, record: Facility) -> list[dict[str, Any]]:
        return [*facility_facts(record), {"label": "Sites", "value": self._sites(record)}]

    def _sites(self, record: Facility) -> str:
        sites = Site.objects.visible_to(self.request.user).filter(facility=record).select_related("study")
        return ", ".join(f"{site.study} {site}" for site in sites.order_by("number")[:5])


class OfPeople(InDirectory):
    page = "people"
    model = Person
    merge_name = "person-merge"

    def pairs(self) -> list[duplicates.Pair]:
        return duplicates.person_pairs(self.rows())

    def details(self, record: Person) -> str:
        return self._roles(record) or "at no site"

    def facts(self, record: Person) -> list[dict[str, Any]]:
        return [
            {"label": "Name", "value": record.name}, *person_facts(record),
            {"label": "Works at", "value": self._roles(record)},
        ]  # fmt: skip

    def _roles(self, record: Person) -> str:
        roles = SitePersonnel.objects.visible_to(self.request.user).filter(person=record).select_related("site")
        return "; ".join(f"{one.site} {one.get_role_display()}" for one in roles[:5])


class Duplicates(InDirectory):
    title = "Find duplicates"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        pairs = self.pairs()
        context = {
            "pairs": [
                {
                    "pair": pair,
                    "first": self.details(pair.first),
                    "second": self.details(pair.second),
                    "url": reverse(self.merge_name, args=[self.sponsor.code, pair.first.pk, pair.second.pk]),
                }
                for pair in pairs[:_SHOWN]
            ],
            "is_cut": len(pairs) > _SHOWN,
            "columns": _COLUMNS,
            "back_url": reverse(self.page, args=[self.sponsor.code]),
        }
        return TemplateResponse(request, "sites/duplicates.html", context)


class FacilityDuplicates(OfFacilities, Duplicates):
    pass


class PersonDuplicates(OfPeople, Duplicates):
    pass


class Merge(InDirectory, FormPage):
    title = "Merge"
    deed = "Merging duplicates"
    submit = "Merge"
    template_name = "sites/merge.html"
    duplicates_name: ClassVar[str]

    @cached_property
    def two(self) -> dict[int, Any]:
        first: Any = found(self.rows().filter(pk=self.kwargs["first"]))
        second: Any = found(self.rows().filter(pk=self.kwargs["second"]))
        return {first.pk: first, second.pk: second}

    @property
    def back_url(self) -> str:
        return reverse(self.duplicates_name, args=[self.sponsor.code])

    def make_form(self, data: Any = None) -> MergeForm:
        records = [self.two[key] for key in sorted(self.two)]
        are_alike = len({str(record) for record in records}) == 1
        choices = [
            (record.pk, f"{record}, {words.lower()}" if are_alike else str(record))
            for record, words in zip(records, _AGES, strict=False)
        ]
        return MergeForm(data, choices=choices, initial={"survivor": min(self.two)})

    def context(self) -> dict[str, Any]:
        told = [self.facts(self.two[key]) for key in sorted(self.two)]
        return {
            "columns": [{"label": label} for label in ("", *_AGES)],
            "rows": [
                {"label": same[0]["label"], "values": [one["value"] for one in same]}
                for same in zip(*told, strict=True)
            ],
        }

    def carry_out(self, said: dict[str, Any]) -> str:
        survivor = self.two[int(said["survivor"])]
        (duplicate,) = [record for record in self.two.values() if record.pk != survivor.pk] or [survivor]
        self.merge(survivor, duplicate)
        return f"{duplicate} was merged into {survivor}."

    def merge(self, survivor: Any, duplicate: Any) -> None:
        raise NotImplementedError


class MergeFacilities(OfFacilities, Merge):
    title = "Merge facilities"
    duplicates_name = "facility-duplicates"

    def merge(self, survivor: Any, duplicate: Any) -> None:
        duplicates.merge_facilities(survivor=survivor, duplicate=duplicate, by=self.request.user)


class MergePeople(OfPeople, Merge):
    title = "Merge people"
    duplicates_name = "person-duplicates"

    def merge(self, survivor: Any, duplicate: Any) -> None:
        duplicates.merge_people(survivor=survivor, duplicate=duplicate, by=self.request.user)
