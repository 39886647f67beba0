"""What people type about sites. Forms parse; services decide."""

from collections.abc import Iterable
from typing import Any

from django import forms

from ctms.studies.importers.countries import all_countries
from ctms.studies.models import StudyCountry
from ctms.web.edits import EditForm
from ctms.web.forms import DateField, StackedRadios
from ctms.web.refusable import RefusableForm
from sites.importers.cells import MOST_BYTES
from sites.models import (
    RECORDED,
    Facility,
    OperationalStatus,
    Person,
    PersonnelRole,
    Site,
    SitePersonnel,
    SiteStatusEvent,
    UploadKind,
)
from sites.models.sites import all_statuses


class EvidenceForm(RefusableForm):
    code = forms.ChoiceField(label="Fact", choices=[("", "Choose …"), *RECORDED])
    occurred_on = DateField(label="Day of the fact")
    reference = forms.CharField(
        label="Where the proof is", max_length=500, help_text="eTMF number, letter and date, system and record."
    )
    note = forms.CharField(label="Note", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class WithdrawForm(RefusableForm):
    reason = forms.CharField(label="Why it does not hold", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class CorrectionForm(RefusableForm):
    to_status = forms.ChoiceField(label="Right status", choices=OperationalStatus.choices)
    effective_on = DateField(label="Right day", help_text="At the site.")
    reason = forms.CharField(
        label="Reason for the correction", max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class PersonnelForm(RefusableForm):
    """A new name becomes a new person; an existing person is chosen from the list."""

    person = forms.ModelChoiceField(
        label="Person", queryset=Person.objects.none(), required=False, empty_label="New person …",
        help_text="Who works or worked here, or was found by name; or new with the name below.",
    )  # fmt: skip
    name = forms.CharField(label="Name of a new person", max_length=200, required=False)
    role = forms.ChoiceField(label="Role", choices=PersonnelRole.choices)
    starts_on = DateField(label="From", required=False)
    reason = forms.CharField(
        label="Reason", max_length=500, help_text="Why this is entered: a delegation log, a letter."
    )

    def __init__(self, *args: Any, people: Any, offered: Iterable[Person], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["person"]
        field.queryset = people  # whom one may choose; those who are offered are fewer
        field.choices = [("", field.empty_label), *((person.pk, str(person)) for person in offered)]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if bool(said.get("person")) == bool(said.get("name", "").strip()):
            raise forms.ValidationError("Choose a person, or type the name of a new one.")
        return said


class FindPersonForm(forms.Form):
    who = forms.CharField(
        label="Find a person who works elsewhere", required=False,
        widget=forms.SearchInput(attrs={"placeholder": "Works elsewhere? Find by name"}),
    )  # fmt: skip


class EndPersonnelForm(RefusableForm):
    ends_on = DateField(label="Last day")
    reason = forms.CharField(label="Reason", max_length=500)


class NewSiteForm(RefusableForm):
    """A facility the directory knows by this name and address is taken; otherwise it is added."""

    number = forms.CharField(label="Site number", max_length=100, help_text="The sponsor's own; unique in the study.")
    country = forms.ModelChoiceField(StudyCountry.objects.none(), label="Country", empty_label="Choose …")
    name = forms.CharField(
        label="Facility", max_length=300, required=False, help_text="Hospital or practice; blank if not disclosed."
    )
    city = forms.CharField(label="City", max_length=200)
    region = forms.CharField(label="State or region", max_length=200, required=False)
    postal_code = forms.CharField(label="Postal code", max_length=40, required=False)
    note = forms.CharField(
        label="Note", max_length=500, required=False, help_text="Where the site comes from, for its history."
    )

    def __init__(self, *args: Any, countries: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["country"].queryset = countries


class SiteForm(EditForm):
    class Meta:
        model = Site
        fields = ("number", "facility")

    def __init__(self, *args: Any, facilities: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["facility"].queryset = facilities


class FacilityForm(EditForm):
    """The country of a facility stays: the sites there belong to it."""

    class Meta:
        model = Facility
        fields = ("name", "city", "region", "postal_code", "latitude", "longitude", "time_zone")


class NewFacilityForm(FacilityForm):
    country = forms.ChoiceField(label="Country", choices=[("", "Choose …"), *all_countries()])

    class Meta(FacilityForm.Meta):
        fields = ("name", "city", "country", *FacilityForm.Meta.fields[2:])  # type: ignore[assignment]


class PersonForm(EditForm):
    class Meta:
        model = Person
        fields = ("name", "email")


class EngagementForm(EditForm):
    class Meta:
        model = SitePersonnel
        fields = ("role", "starts_on", "ends_on")


class UploadForm(RefusableForm):
    kind = forms.ChoiceField(label="What the table holds", choices=UploadKind.choices, widget=StackedRadios)
    file = forms.FileField(label="File", help_text="CSV or Excel (.xlsx), at most 5 MB and 20,000 rows.")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 5 MB.")
        return file


class MigrationForm(RefusableForm):
    source = forms.CharField(
        label="Where the dates come from", max_length=500, help_text="The system they were kept in, and as of when."
    )


class MigrationLineForm(RefusableForm):
    site = forms.ModelChoiceField(Site.objects.none(), label="Site", empty_label="Choose …")
    kind = forms.ChoiceField(label="Kind", choices=SiteStatusEvent.Kind.choices)
    status = forms.ChoiceField(label="Status", choices=all_statuses())
    since = DateField(label="Since")
    proof = forms.CharField(
        label="Where the proof is", max_length=500, help_text="eTMF number, letter and date, system and record."
    )

    def __init__(self, *args: Any, sites: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["site"].queryset = sites
