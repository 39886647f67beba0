"""What people type about money. Forms parse; services decide."""

from typing import Any, ClassVar

from django import forms

from ctms.accounts.models import Organisation, OrganisationKind
from ctms.core import money
from ctms.core.money import CURRENCIES
from ctms.web.edits import EditForm
from ctms.web.forms import DateField
from ctms.web.refusable import RefusableForm
from finance import facts
from finance.models import AgreementVersion, FeeLine, PayeeShare
from sites.models import Site

_MOST_BYTES = 1_000_000


class TermsForm(EditForm):
    """The terms of a version."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.is_new:
            _in_units(self, self.instance.agreement.currency, "maximum", "minimum_payment")

    class Meta:
        model = AgreementVersion
        fields = (
            "effective_on", "reference", "frequency", "terms_days", "overhead_percent", "holdback_percent",
            "failure_policy", "failures_initial", "failures_per", "per_enrolled", "failures_most", "maximum",
            "minimum_payment",
        )  # fmt: skip
        labels: ClassVar[dict[str, str]] = {
            "maximum": "Agreement maximum, without tax", "minimum_payment": "Smallest payment, with tax"
        }  # fmt: skip


class NewAgreementForm(TermsForm):
    """A new agreement with the terms of its first version."""

    site = forms.ModelChoiceField(queryset=Site.objects.none())
    number = forms.CharField(label="Agreement", max_length=100, help_text="As the contract itself is numbered.")
    currency = forms.ChoiceField(choices=[("", "Choose …"), *((code, code) for code in CURRENCIES)])

    def __init__(self, *args: Any, sites: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["site"].queryset = sites
        self.order_fields(["site", "number", "currency"])

    def split(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is said of the agreement, and the terms of its version."""
        said = self.said
        return {name: said.pop(name) for name in ("site", "number", "currency")}, said


class ShareForm(EditForm):
    """A payee of a version."""

    class Meta:
        model = PayeeShare
        fields = (
            "payee", "share", "is_primary", "vat_code", "vat_percent", "withholding_percent", "treaty_percent",
            "treaty_until",
        )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = (OrganisationKind.SITE, OrganisationKind.VENDOR)
        payees = Organisation.objects.filter(kind__in=kinds).order_by("name")
        self.fields["payee"].queryset = payees


class FeeForm(EditForm):
    """A row of the fee schedule."""

    class Meta:
        model = FeeLine
        fields = (
            "code", "label", "trigger", "item", "amount", "has_overhead", "has_holdback", "is_taxable", "most",
            "most_per_subject",
        )  # fmt: skip
        labels: ClassVar[dict[str, str]] = {"amount": "Amount, without tax"}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.is_new:
            _in_units(self, self.instance.version.agreement.currency, "amount")
        which = "A visit's code in the schedule, a subject's milestone (RANDOMISED), a monitoring visit (IMV)"
        self.fields["item"].help_text = f"{which}; empty for any."
        if untold := facts.untold():
            kinds = ", ".join(str(kind.label).lower() for kind in untold)
            self.fields["trigger"].help_text = f"Nothing tells these yet, so no fee for them is due: {kinds}."


def _in_units(form: EditForm, currency: str, *names: str) -> None:
    """Amounts as many decimals long as their currency has: 200.00, not 200.000."""
    for name in names:
        if (amount := form.initial.get(name)) is not None:
            form.initial[name] = money.rounded(amount, currency)


class BankForm(RefusableForm):
    vendor_no = forms.CharField(label="Vendor number", max_length=40, help_text="The payee's number in the ERP.")
    account_ending = forms.CharField(
        label="Account ends in", max_length=4, min_length=4,
        help_text="The last four characters, to compare by. The account itself is kept by the ERP.",
    )  # fmt: skip
    reason = forms.CharField(
        label="Reason", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What the details come from: a form of the payee and its day.",
    )  # fmt: skip


class RunForm(RefusableForm):
    until = DateField(label="Activity until", help_text="Everything not paid yet that happened by the end of this day.")


class ConfirmationsForm(RefusableForm):
    file = forms.FileField(
        label="File of the ERP",
        help_text="CSV with a heading: reference, amount, currency, paid_on (2024-03-11), document.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > _MOST_BYTES:
            raise forms.ValidationError("This file is larger than a megabyte.")
        return file
