"""What people type about a study. Forms parse; services decide."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms

from ctms.accounts.models import Scope
from ctms.studies.importers.countries import all_countries
from ctms.studies.models import (
    Arm,
    ProtocolEffect,
    ProtocolVersion,
    ScheduledContact,
    ScheduledVisit,
    Study,
    VisitSchedule,
)
from ctms.studies.wording import read_length, signed_length
from ctms.web.edits import EditForm
from ctms.web.refusable import RefusableForm

_PHASES = (
    ("", "Not given"),
    ("EARLY_PHASE1", "Early phase 1"),
    ("PHASE1", "Phase 1"),
    ("PHASE1/PHASE2", "Phase 1/2"),
    ("PHASE2", "Phase 2"),
    ("PHASE2/PHASE3", "Phase 2/3"),
    ("PHASE3", "Phase 3"),
    ("PHASE4", "Phase 4"),
    ("NA", "No phase"),
)
_STUDY_TYPES = (
    ("", "Not given"),
    ("INTERVENTIONAL", "Interventional"),
    ("OBSERVATIONAL", "Observational"),
    ("EXPANDED_ACCESS", "Expanded access"),
)
_ARM_KINDS = (
    ("", "Not given"),
    ("EXPERIMENTAL", "Experimental"),
    ("ACTIVE_COMPARATOR", "Active comparator"),
    ("PLACEBO_COMPARATOR", "Placebo comparator"),
    ("SHAM_COMPARATOR", "Sham comparator"),
    ("NO_INTERVENTION", "No intervention"),
    ("OTHER", "Other"),
)


_MODES = ("In Person", "Telephone Call", "Video Call", "Home Visit", "Remote Data Capture")


class LengthField(forms.Field):
    """A length of time, typed as people say it; empty is not the same as 0."""

    def __init__(self, *, is_signed: bool = False, **options: Any) -> None:
        super().__init__(**{"widget": forms.TextInput(attrs={"maxlength": 40}), "required": False, **options})
        self.is_signed = is_signed

    def to_python(self, value: Any) -> timedelta | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            length = read_length(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if length < timedelta() and not self.is_signed:
            raise forms.ValidationError("A window is as long as it is: without a minus.")
        return length

    def prepare_value(self, value: Any) -> Any:
        return signed_length(value) if isinstance(value, timedelta) else value


class StudyForm(EditForm):
    phase = forms.ChoiceField(choices=_PHASES, required=False)
    study_type = forms.ChoiceField(choices=_STUDY_TYPES, required=False)
    nct_id = forms.RegexField(
        r"^NCT\d{8}$", label="ClinicalTrials.gov number", required=False, help_text="NCT and eight digits.",
        error_messages={"invalid": "NCT and eight digits."},
    )  # fmt: skip
    new_programme = forms.CharField(
        label="Or a new programme", max_length=100, required=False, help_text="Its code, instead of choosing one."
    )

    class Meta:
        model = Study
        fields = (
            "protocol_no", "title", "acronym", "programme", "phase", "masking", "study_type",
            "start", "start_kind", "primary_completion", "primary_completion_kind", "completion", "completion_kind",
            "planned_enrollment", "nct_id", "eu_ct_no", "under_ind", "covered_study", "official_title",
        )  # fmt: skip
        labels: ClassVar[dict[str, str]] = {
            "start_kind": "Start is",
            "primary_completion_kind": "Primary completion is",
            "completion_kind": "Completion is",
        }
        help_texts: ClassVar[dict[str, str]] = {"protocol_no": "The sponsor's own. It stands in all addresses."}

    long_texts = ("official_title",)

    def __init__(self, *args: Any, programmes: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["programme"].queryset = programmes
        for name in ("phase", "study_type"):
            _offer(self.fields[name], getattr(self.instance, name))
        names = list(self.fields)
        names.insert(names.index("programme") + 1, "new_programme")
        self.order_fields(names)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("programme") and said.get("new_programme") and "programme" in self.changed_data:
            self.add_error("new_programme", "Choose a programme or name a new one, not both.")
        return said


class CountryForm(RefusableForm):
    country = forms.ChoiceField(label="Country")

    def __init__(self, *args: Any, taken: set[str], **options: Any) -> None:
        super().__init__(*args, **options)
        listed = [(code, name) for code, name in all_countries() if code not in taken]
        self.fields["country"].choices = [("", "Choose …"), *listed]


class ArmForm(EditForm):
    kind = forms.ChoiceField(choices=_ARM_KINDS, required=False)

    class Meta:
        model = Arm
        fields = ("label", "kind", "description")

    long_texts = ("description",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _offer(self.fields["kind"], self.instance.kind)


class ProtocolVersionForm(EditForm):
    class Meta:
        model = ProtocolVersion
        fields = ("version", "amendment_no", "approved_on", "summary")

    long_texts = ("summary",)


class EffectForm(EditForm):
    scope = forms.ModelChoiceField(Scope.objects.none(), label="Country or site")

    class Meta:
        model = ProtocolEffect
        fields = ("scope", "effective_on")

    def __init__(self, *args: Any, places: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["scope"].queryset = places


class NewScheduleForm(RefusableForm):
    """A version is copied from one there is, or begun from nothing."""

    copied_from = forms.ModelChoiceField(
        VisitSchedule.objects.none(), label="Begin with", required=False, empty_label="Nothing"
    )
    protocol_version = forms.ModelChoiceField(
        ProtocolVersion.objects.none(), label="Protocol version", required=False, empty_label="Not given"
    )

    def __init__(self, *args: Any, versions: Any, protocols: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["copied_from"].queryset = versions
        self.fields["protocol_version"].queryset = protocols


class VisitForm(EditForm):
    code = forms.CharField(max_length=50, required=False, help_text="Short; made up if left empty.")

    class Meta:
        model = ScheduledVisit
        fields = ("label", "epoch", "code")

    def clean_code(self) -> str:
        return self.cleaned_data["code"] or self.instance.code


class ContactForm(EditForm):
    offset = LengthField(
        label="Distance", is_signed=True, help_text="From there: 14 d, -4 h; 0 on the same moment; empty if unknown."
    )
    window_before = LengthField(label="Window before", help_text="3 d, 4 h; 0 for none; empty if none is given.")
    window_after = LengthField(label="Window after", help_text="3 d, 4 h; 0 for none; empty if none is given.")
    repeat_every = LengthField(label="Repeated every")
    modes = forms.MultipleChoiceField(label="How it takes place", required=False, widget=forms.CheckboxSelectMultiple)
    activities = forms.CharField(
        label="Activities", required=False, max_length=5000, help_text="What is done there, one in each line.",
        widget=forms.Textarea(attrs={"rows": 6}), show_hidden_initial=True,
    )  # fmt: skip

    class Meta:
        model = ScheduledContact
        fields = (
            "label", "visit", "epoch", "modes", "anchor", "offset", "window_before", "window_after", "repeat_every",
            "repeat_condition",
        )  # fmt: skip
        labels: ClassVar[dict[str, str]] = {"anchor": "Measured from", "repeat_condition": "Repeated until"}

    long_texts = ("activities",)

    def __init__(self, *args: Any, visits: Any, anchors: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["visit"].queryset, self.fields["visit"].empty_label = visits, "No visit"
        self.fields["anchor"].queryset, self.fields["anchor"].empty_label = anchors, "Day 0"
        present = [mode for mode in self.instance.modes if mode not in _MODES]
        self.fields["modes"].choices = [(mode, mode.capitalize()) for mode in (*_MODES, *present)]

    def activities_before(self) -> list[str]:
        """What stood in the list when the form was drawn."""
        return _lines(str(self.data.get(self.add_initial_prefix("activities"), "")))

    def activities_now(self) -> list[str]:
        return _lines(self.cleaned_data["activities"])


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))


def _offer(field: Any, present: str) -> None:
    """Lets a code that a file brought, and that is not offered otherwise, stay."""
    if present and present not in dict(field.choices):
        field.choices = [*field.choices, (present, present)]
