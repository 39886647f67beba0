"""Forms about connections to other systems."""

from collections.abc import Mapping
from typing import Any

from django import forms

from ctms.integrations.models import Format
from ctms.integrations.ports import receiver
from ctms.integrations.registry import RULES, Domain
from ctms.web.refusable import RefusableForm


class ReplayForm(RefusableForm):
    reason = forms.CharField(
        label="Reason", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000,
        help_text="What was put right since: the site was added, the mapping corrected.",
    )  # fmt: skip


class ReasonForm(RefusableForm):
    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 3}), max_length=2000)


class ConnectionForm(RefusableForm):
    name = forms.CharField(max_length=80, help_text="What people call it: “EDC”, “IRT of the vendor”.")
    format = forms.ChoiceField(label="What is read, and how", choices=[(one.value, one.words) for one in Format])
    base_url = forms.CharField(
        label="Address", max_length=300,
        help_text="Such as https://sponsor.mdsol.com/RaveWebServices/. https, but for this machine itself.",
    )  # fmt: skip
    source_study = forms.CharField(label="Study there", max_length=200, help_text="By which name it knows the study.")
    is_blinded = forms.BooleanField(
        label="Blinded: it must carry nothing about treatment", required=False, initial=True
    )


class CredentialsForm(RefusableForm):
    user = forms.CharField(required=False, max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    password = forms.CharField(
        required=False, max_length=500, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    token = forms.CharField(
        required=False, max_length=2000, widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Instead of user and password, where the system wants one.",
    )  # fmt: skip


# Section of a mapping -> label, and help: what stands at its left and right, by an example.
_SECTIONS = {
    "days": ("Days of a subject", "Item or event there = what happened here, such as DM.ICFDT = Consented."),
    "statuses": ("Statuses of a subject", "Word there = status here, such as On Study = On treatment."),
    "visits": ("Visits", "Visit there = code of the visit here, such as SCR = V1; only where they differ."),
    "sites": ("Sites", "Site there = site number here, such as 101 = ES-002; only where they differ."),
    "documents": ("Documents", "Status there = status here, such as Effective = Filed."),
    "fields": ("Fields of the vault", "What is wanted = field of this vault, such as site = site_number__c; only where "
               "it differs."),
    "visit_item": ("Item that holds a visit's day", "As the EDC names it: form and item, such as SV.SVSTDT."),
}  # fmt: skip


class MappingForm(RefusableForm):
    """One text per section of a mapping, a line each: word there = word here.

    Our own words stand as people read them, and are kept as codes.
    """

    def __init__(self, content: dict[str, Any], data: Any = None) -> None:
        self._sections = content
        super().__init__(data)
        for section, value in content.items():
            label, help_text = _SECTIONS.get(section, (section, ""))
            if isinstance(value, str):
                self.fields[section] = forms.CharField(
                    label=label, required=False, max_length=200, initial=value, help_text=help_text
                )
                continue
            words = receiver().words(section)
            lines = "\n".join(f"{theirs} = {words.get(ours, ours)}" for theirs, ours in sorted(value.items()))
            if words:
                help_text += f" Known here: {', '.join(words.values())}."
            self.fields[section] = forms.CharField(
                label=label, required=False, max_length=20_000, initial=lines, help_text=help_text,
                widget=forms.Textarea(attrs={"rows": min(12, len(value) + 2)}),
            )  # fmt: skip

    def content(self) -> dict[str, Any]:
        """What was said, as a mapping holds it."""
        return {
            section: said if isinstance(self._sections[section], str) else _pairs(said, receiver().words(section))
            for section, said in ((name, self.cleaned_data[name].strip()) for name in self._sections)
        }

    def clean(self) -> dict[str, Any]:
        for section, value in self._sections.items():
            if isinstance(value, str):
                continue
            for line in self.cleaned_data.get(section, "").splitlines():
                if line.strip() and not all(part.strip() for part in line.partition("=")):
                    self.add_error(section, f"“{line.strip()[:60]}” is no “word there = word here”.")
        return self.cleaned_data


class MasterForm(ReasonForm):
    """Who is master of one domain."""

    field_order = ("master", "reason")

    def __init__(self, domain: Domain, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        choices = [(kind.value, kind.label) for kind in RULES[domain].choices]
        self.fields["master"] = forms.ChoiceField(label="System of record", choices=choices)
        self.order_fields(self.field_order)


def _pairs(text: str, words: Mapping[str, str]) -> dict[str, str]:
    codes = {label.lower(): code for code, label in words.items()}
    found = {}
    for line in text.splitlines():
        theirs, equals, ours = line.partition("=")
        if equals:
            found[theirs.strip()] = codes.get(ours.strip().lower(), ours.strip())
    return found
