"""Forms whose last word is a service's."""

from django import forms

from ctms.core.refusals import Refusal


class RefusableForm(forms.Form):
    """A form that can show what a service refused."""

    def refuse(self, refusal: Refusal) -> None:
        """Shows a refusal: beside its fields where it names some, above the form otherwise."""
        named = {name: text for name, text in refusal.fields.items() if name in self.fields}
        for name, text in named.items():
            self.add_error(name, text)
        if not named:
            self.add_error(None, refusal.message)
