"""What an administrator types about access. Forms parse; services decide."""

from typing import Any
from zoneinfo import available_timezones

from django import forms

from ctms.accounts.columns import place_words
from ctms.accounts.models import Organisation, Scope, User
from ctms.accounts.roles import Role
from ctms.web.forms import DateField
from ctms.web.refusable import RefusableForm


class _Place(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return place_words(obj)


def _reason() -> forms.CharField:
    return forms.CharField(
        label="Reason", max_length=500, help_text="Who asked for it, and why: it stands in the trail."
    )  # fmt: skip


class GrantForm(RefusableForm):
    """A role for somebody, somewhere, from a day and perhaps until one."""

    user = forms.ModelChoiceField(User.objects.none(), label="Person", empty_label="Choose …")
    role = forms.ChoiceField(label="Role", choices=[("", "Choose …"), *Role.choices])
    scope = _Place(Scope.objects.none(), label="Where", empty_label="Choose …", help_text="And everything below it.")
    starts_on = DateField(label="From")
    ends_on = DateField(label="Until", required=False, help_text="The last day; empty for no end.")
    reason = _reason()

    def __init__(self, *args: Any, people: Any, scopes: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["user"].queryset = people
        self.fields["scope"].queryset = scopes


class DelegationForm(RefusableForm):
    """What a CRO's people can then be given."""

    organisation = forms.ModelChoiceField(Organisation.objects.none(), label="CRO", empty_label="Choose …")
    scope = _Place(Scope.objects.none(), label="Where", empty_label="Choose …", help_text="And everything below it.")
    starts_on = DateField(label="From")
    ends_on = DateField(label="Until", required=False, help_text="The last day; empty for no end.")
    document = forms.CharField(
        label="Agreement", max_length=500, help_text="Where the signed transfer of obligations is filed."
    )
    roles = forms.MultipleChoiceField(label="Roles", choices=Role.choices, widget=forms.CheckboxSelectMultiple)
    reason = _reason()

    def __init__(self, *args: Any, organisations: Any, scopes: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["organisation"].queryset = organisations
        self.fields["scope"].queryset = scopes


class AddPersonForm(RefusableForm):
    """Somebody who shall be able to sign in, and for whom they work."""

    full_name = forms.CharField(label="Name", max_length=200)
    username = forms.CharField(
        label="User name", max_length=150, help_text="They sign in with it. It is theirs for ever.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )  # fmt: skip
    email = forms.EmailField(label="E-mail", required=False)
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label="Employer", empty_label="Choose …")
    time_zone = forms.ChoiceField(
        label="Time zone", choices=[(zone, zone) for zone in sorted(available_timezones())], initial="UTC"
    )
    starts_on = DateField(label="From")
    ends_on = DateField(label="Until", required=False, help_text="The last day; empty for no end.")
    reason = _reason()

    def __init__(self, *args: Any, organisations: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["organisation"].queryset = organisations
        self.fields["organisation"].label_from_instance = lambda one: f"{one.name} ({one.get_kind_display()})"


class EndForm(RefusableForm):
    ends_on = DateField(label="Last day", help_text="With a day before today it is over at once.")
    reason = _reason()


class EndRoleForm(EndForm):
    """At once, or after a day."""

    at_once = forms.BooleanField(
        label="At once", required=False, help_text="From the next request on, whatever the last day says."
    )
    field_order = ("at_once", "ends_on", "reason")


class WhyForm(RefusableForm):
    reason = _reason()
