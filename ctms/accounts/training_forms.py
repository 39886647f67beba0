"""What people type about training."""

from collections.abc import Iterable
from typing import Any

from django import forms

from ctms.accounts.models import Curriculum, CurriculumItem
from ctms.accounts.roles import Role
from ctms.accounts.services.training import Item
from ctms.web.refusable import RefusableForm


class CompletionForm(RefusableForm):
    """A tick per item read, and the secret that makes it one's own acknowledgement."""

    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    code = forms.CharField(
        label="Code of your authenticator app, or a recovery code", max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
    )  # fmt: skip
    sha256 = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, items: Iterable[CurriculumItem], data: Any = None, *, sha256: str, needs_code: bool) -> None:
        super().__init__(data, initial={"sha256": sha256})
        if not needs_code:
            del self.fields["code"]
        ticks = {
            f"item_{item.position}": forms.BooleanField(label=f"I have read and understood “{item.title}”")
            for item in items
        }
        self.fields = {**ticks, **self.fields}


class CurriculumForm(RefusableForm):
    """The next version of a role's curriculum."""

    role = forms.ChoiceField(label="Role", choices=[("", "Choose …"), *Role.choices])
    title = forms.CharField(label="Title", max_length=200)
    items = forms.CharField(
        label="What is to be read", max_length=50_000, widget=forms.Textarea(attrs={"rows": 14}),
        help_text="One item after the other, with an empty line between them. The first line of each is its title.",
    )  # fmt: skip
    accountability = forms.CharField(
        label="Statement on electronic signatures", required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Nobody signs before accepting such a statement. Leave it empty for roles that sign nothing.",
    )  # fmt: skip

    def clean_items(self) -> list[Item]:
        """The items, split at empty lines."""
        found = []
        for block in self.cleaned_data["items"].replace("\r\n", "\n").split("\n\n"):
            title, _, text = block.strip().partition("\n")
            if title and not text.strip():
                raise forms.ValidationError("“%(title)s” has a title and no text.", params={"title": title})
            if title:
                found.append(Item(title.strip(), text.strip()))
        return found

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if statement := said.pop("accountability", "").strip():
            said["items"] = [*said.get("items", []), Item("Electronic signatures", statement, is_accountability=True)]
        return said

    @classmethod
    def like(cls, curriculum: Curriculum) -> dict[str, str]:
        """What the form begins with for the version after this one."""
        items = list(curriculum.items.order_by("position"))
        return {
            "role": curriculum.role,
            "title": curriculum.title,
            "items": "\n\n".join(f"{item.title}\n{item.text}" for item in items if not item.is_accountability),
            "accountability": "\n\n".join(item.text for item in items if item.is_accountability),
        }
