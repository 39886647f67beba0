"""What people type about start-up. Forms parse; services decide."""

from typing import Any

from django import forms

from ctms.accounts.models import User
from ctms.web.forms import DateField
from ctms.web.refusable import RefusableForm
from sites.models import Party
from sites.startup.configuration import MOST_BYTES


class SettleForm(RefusableForm):
    on = DateField(label="Day it was settled")
    reference = forms.CharField(label="Where the proof is", max_length=500, help_text="eTMF number.")
    expires_on = DateField(label="Valid until", required=False)

    def __init__(self, data: Any = None, *, expires: str, **options: Any) -> None:
        super().__init__(data, **options)
        if not expires:
            del self.fields["expires_on"]
        elif expires == "given":
            self.fields["expires_on"].required = True
        else:
            self.fields["expires_on"].help_text = f"Empty: {expires} months from its day."


class HandOverForm(RefusableForm):
    party = forms.ChoiceField(label="Who has it now", choices=[("", "Choose …"), *Party.choices])
    person = forms.ModelChoiceField(
        queryset=User.objects.none(), label="Person", required=False, empty_label="Nobody in particular",
        help_text="Whoever works on the study here; it then stands on their My work.",
    )  # fmt: skip
    on = DateField(label="Since")
    note = forms.CharField(label="Note", required=False, max_length=500)

    def __init__(self, data: Any = None, *, people: Any, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["person"].queryset = people
        self.fields["person"].label_from_instance = lambda one: one.full_name


class ExpectForm(RefusableForm):
    expected_on = DateField(label="Expected on")
    reason = forms.CharField(label="Why it changed", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class ReopenForm(RefusableForm):
    reason = forms.CharField(label="Why it is not settled", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class WaiverForm(RefusableForm):
    grounds = forms.CharField(
        label="Why it is not needed, and what is done instead", max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip


class ConfigurationForm(RefusableForm):
    content = forms.FileField(
        label="YAML file", required=False, help_text="Empty: the defaults that come with the system."
    )
    effective_from = DateField(label="In force from", help_text="Sites that begin start-up from then on go by it.")

    def clean_content(self) -> tuple[str, str]:
        file = self.cleaned_data["content"]
        if file is None:
            return "", ""
        if file.size > MOST_BYTES:
            raise forms.ValidationError("The file is too large for a configuration.")
        try:
            return file.read().decode("utf-8"), file.name
        except UnicodeDecodeError:
            raise forms.ValidationError("This is not a text in UTF-8.") from None
