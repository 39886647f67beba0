"""Forms whose last word is a service's."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from ctms.core.acting import says_why
from ctms.core.refusals import Refusal

# Control characters, marks that turn the direction of what follows, and what cannot be seen: on a page or in the trail
# a text would not be what it looks like. Joiners and marks that single scripts need are not among them.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def refuse_hidden(text: str) -> None:
    """A validator: everything typed can be seen."""
    if _HIDDEN.search(text):
        raise ValidationError("This holds a character that cannot be seen: type it anew.")


class Refusable:
    """A form that can show what a service refused."""

    fields: dict[str, Any]
    cleaned_data: dict[str, Any]
    add_error: Any

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if type(field) is forms.CharField:
                field.validators.append(refuse_hidden)

    def clean_reason(self) -> str:
        """A reason says something, wherever a form asks for one; left out where it may be, it is no reason."""
        said: str = self.cleaned_data["reason"]
        if said and not says_why(said):
            raise ValidationError("Say why.")
        return said

    def refuse(self, refusal: Refusal) -> None:
        """Shows a refusal: beside its fields where it names some, above the form otherwise."""
        named = {name: text for name, text in refusal.fields.items() if name in self.fields}
        for name, text in named.items():
            self.add_error(name, text)
        if not named:
            self.add_error(None, refusal.message)


class RefusableForm(Refusable, forms.Form):
    """Such a form of fields of its own."""
