"""Forms of signing in and of one's own account."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError

from ctms.accounts.models import ApiToken
from ctms.web.refusable import RefusableForm


class PasswordField(forms.CharField):
    """A password as it is typed. `new`: one that the browser may suggest."""

    def __init__(self, label: str, *, new: bool = False, focus: bool = False, help_text: str = "") -> None:
        attributes: dict[str, Any] = {"autocomplete": "new-password" if new else "current-password"}
        if focus:
            attributes["autofocus"] = True
        widget = forms.PasswordInput(attrs=attributes)
        super().__init__(label=label, strip=False, max_length=1000, widget=widget, help_text=help_text)


def code_field(*, focus: bool = False, required: bool = True, help_text: str = "") -> forms.CharField:
    """Six digits of an app, or a recovery code."""
    attributes: dict[str, Any] = {"autocomplete": "one-time-code", "inputmode": "numeric"}
    if focus:
        attributes["autofocus"] = True
    return forms.CharField(
        label="Code", max_length=40, required=required, help_text=help_text, widget=forms.TextInput(attrs=attributes)
    )


_ONE_OF_BOTH = "Six digits from your authenticator app. Without it, one of your recovery codes."


class SignInForm(RefusableForm):
    """Name and password."""

    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}),
    )
    password = PasswordField("Password")


class CodeForm(RefusableForm):
    """The second step."""

    code = code_field(focus=True, help_text=_ONE_OF_BOTH)


class ProofForm(RefusableForm):
    """Password and code, before something is done that a stolen session must not do."""

    password = PasswordField("Your password", focus=True)
    code = code_field(help_text=_ONE_OF_BOTH)


class SwitchOnForm(RefusableForm):
    """Password, and the first code of an app."""

    code = code_field(help_text="The six digits your app shows now for CTMS.")
    password = PasswordField("Your password")


class PasswordForm(RefusableForm):
    """The password a person has, and the one they want."""

    password = PasswordField("Password you have now", focus=True)
    code = code_field(required=False, help_text=_ONE_OF_BOTH)
    new_password = PasswordField("New password", new=True)
    again = PasswordField("New password, again", new=True)

    def __init__(self, data: Any = None, *, wants_code: bool) -> None:
        super().__init__(data)
        self.fields["new_password"].help_text = " ".join(password_validators_help_texts())
        if wants_code:
            self.fields["code"].required = True
        else:
            self.fields["code"].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if "again" in said and said["again"] != said.get("new_password"):
            raise ValidationError({"again": "This is not the same."})
        return said


class TimeZoneForm(RefusableForm):
    """A zone of the IANA database, and why it is another now."""

    time_zone = forms.ChoiceField(label="Time zone", help_text="Your days begin and end in it.")
    reason = forms.CharField(label="Reason", max_length=500, help_text="For the audit trail.")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["time_zone"].choices = [(zone, zone) for zone in sorted(available_timezones())]


class TokenForm(RefusableForm):
    """A new API token. The password is asked again: an open window is not yet the person."""

    name = forms.CharField(label="What will use it", max_length=100, help_text="Only you see this name.")
    scope = forms.ChoiceField(label="It may", choices=ApiToken.Scope.choices, initial=ApiToken.Scope.READ)
    days = forms.IntegerField(label="Days until it expires", min_value=1, max_value=366, initial=90)
    password = PasswordField("Your password")
    code = code_field(help_text=_ONE_OF_BOTH)

    def __init__(self, *args: Any, two_steps: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not two_steps:
            del self.fields["code"]
