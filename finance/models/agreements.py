"""What a site is paid for, to whom and on which terms: an agreement and its versions, which approved never change."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import Records, Standing, StudyOwned
from ctms.core.trail.history import Reason
from finance.models.kinds import FactKind

_IN_SITE = "agreement__site__scope"
_OF_VERSION = "version__agreement__site__scope"


def money(words: str | None = None, **options: Any) -> Any:
    """An exact amount, of any currency's decimals."""
    return models.DecimalField(words, max_digits=16, decimal_places=3, **options)


def percent(words: str, **options: Any) -> Any:
    limits = [MinValueValidator(0), MaxValueValidator(100)]
    return models.DecimalField(words, max_digits=5, decimal_places=2, default=0, validators=limits, **options)


class Agreement(StudyOwned):
    """The clinical trial agreement with one site, whatever its amendments: its number and its currency."""

    known_by: ClassVar[str] = "number"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "finance.view_agreement"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    site = TenantKey("sites.Site", related_name="agreements")
    number = models.TextField("agreement", help_text="As the contract itself is numbered.")
    currency = models.CharField(
        max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters, as EUR.")]
    )

    class Meta:
        ordering = ("number",)
        constraints = (
            referable("finance_agreement", "study"),
            models.UniqueConstraint(
                fields=["site"], name="finance_agreement_one_per_site",
                violation_error_message="This site has an agreement already: amend it.",
            ),
            models.UniqueConstraint(
                fields=["study", "number"], name="finance_agreement_number",
                violation_error_message="The study has an agreement with this number already.",
            ),
            *same_sponsor("finance_agreement", "study", site=("study",)),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.number


class VersionStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    APPROVED = "APPROVED", "Approved"
    DISCARDED = "DISCARDED", "Discarded"


class Frequency(models.TextChoices):
    MONTHLY = "MONTHLY", "Monthly"
    QUARTERLY = "QUARTERLY", "Quarterly"
    ON_MILESTONE = "ON_MILESTONE", "At milestones"


class FailurePolicy(models.TextChoices):
    """What is paid of a subject who failed screening."""

    REPLACE = "REPLACE", "The screen failure fee instead of the subject's visits"
    VISITS = "VISITS", "The visits up to the failure, no fee"
    BOTH = "BOTH", "The visits and the screen failure fee"


class AgreementVersion(StudyOwned):
    """The agreement as signed first, or as an amendment left it; holds from a day until the next version's.

    Screen failures are paid up to `failures_initial` + `failures_per` for each full `per_enrolled` enrolled subjects,
    and never more than `failures_most`.
    """

    known_by: ClassVar[str] = "number"
    known_as: ClassVar[str] = "version {}"
    known_in: ClassVar[tuple[str, ...]] = ("agreement",)
    access_path: ClassVar[str | None] = _IN_SITE
    view_verb: ClassVar[str] = "finance.view_agreement"
    person_reason: ClassVar[str] = Reason.by_person_unless("status", VersionStatus.DRAFT)

    agreement = TenantKey("finance.Agreement", related_name="versions")
    number = models.PositiveIntegerField("version")
    status = models.TextField(choices=VersionStatus, default=VersionStatus.DRAFT)
    effective_on = models.DateField("holds from", help_text="For whatever happened on this day or later.")
    reference = models.TextField("contract filed at", help_text="Where the signed document is: an eTMF number.")
    frequency = models.TextField("paid", choices=Frequency, default=Frequency.MONTHLY)
    terms_days = models.PositiveSmallIntegerField("days to pay", default=30, help_text="From the payment run.")
    overhead_percent = percent("overhead, %")
    holdback_percent = percent("holdback, %", help_text="Kept until the site is closed.")
    failure_policy = models.TextField("screen failures", choices=FailurePolicy, default=FailurePolicy.REPLACE)
    failures_initial = models.PositiveIntegerField("screen failures paid in any case", default=0)
    failures_per = models.PositiveIntegerField("further screen failures paid", default=0)
    per_enrolled = models.PositiveIntegerField("for each so many enrolled", default=1)
    failures_most = models.PositiveIntegerField("screen failures paid at most", null=True, blank=True)
    maximum = money("agreement maximum", null=True, blank=True, help_text="Of fees and overhead, all payees together.")
    minimum_payment = money("smallest payment", default=0, help_text="Less than this waits for the next run.")
    drafted_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", editable=False)

    class Meta:
        ordering = ("-number",)
        constraints = (
            referable("finance_agreementversion", "study"),
            models.UniqueConstraint(fields=["agreement", "number"], name="finance_agreementversion_number"),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(status="DRAFT"), name="finance_agreementversion_draft",
                violation_error_message="The agreement has a draft already.",
            ),
            models.CheckConstraint(condition=Q(per_enrolled__gte=1), name="finance_agreementversion_enrolled"),
            *same_sponsor("finance_agreementversion", "study", agreement=("study",)),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.agreement}, version {self.number}"


class VatCode(models.TextChoices):
    NONE = "NONE", "Not registered"
    STANDARD = "STANDARD", "Standard rate"
    ZERO = "ZERO", "Zero rate"
    REVERSE = "REVERSE", "Reverse charge"


class PayeeShare(StudyOwned):
    """Who gets how much of every fee under a version, and how it is taxed. The primary payee takes the remainder."""

    known_by: ClassVar[str] = "payee_id"
    known_in: ClassVar[tuple[str, ...]] = ("version",)
    access_path: ClassVar[str | None] = _OF_VERSION
    view_verb: ClassVar[str] = "finance.view_agreement"
    standing: ClassVar[Q] = Q(removed=False)

    version = TenantKey("finance.AgreementVersion", related_name="shares")
    payee = TenantKey("accounts.Organisation", related_name="+")
    share = percent("share, %")
    is_primary = models.BooleanField("primary payee", default=False, help_text="Takes what rounding leaves over.")
    vat_code = models.TextField("VAT", choices=VatCode, default=VatCode.NONE)
    vat_percent = percent("VAT, %")
    withholding_percent = percent("withholding tax, %")
    treaty_percent = percent("under a treaty, %", null=True, blank=True)
    treaty_until = models.DateField("certificate good until", null=True, blank=True)
    removed = models.BooleanField(default=False, editable=False)

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        ordering = ("-is_primary", "id")
        constraints = (
            referable("finance_payeeshare", "study"),
            models.UniqueConstraint(
                fields=["version", "payee"], condition=Q(removed=False), name="finance_payeeshare_once",
                violation_error_message="This payee has a share already.",
            ),
            models.UniqueConstraint(
                fields=["version"], condition=Q(removed=False, is_primary=True), name="finance_payeeshare_one_primary",
                violation_error_message="Another payee is the primary one.",
            ),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=100), name="finance_payeeshare_percent"),
            *same_sponsor("finance_payeeshare", "study", "payee", version=("study",)),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.payee}, {self.share} %"


class FeeLine(StudyOwned):
    """A row of the fee schedule: for what a fee is due, how much, and which rules it takes part in."""

    known_by: ClassVar[str] = "code"
    known_in: ClassVar[tuple[str, ...]] = ("version",)
    access_path: ClassVar[str | None] = _OF_VERSION
    view_verb: ClassVar[str] = "finance.view_agreement"
    standing: ClassVar[Q] = Q(removed=False)

    version = TenantKey("finance.AgreementVersion", related_name="fees")
    code = models.TextField(
        validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9._-]{0,39}$", "Capital letters, digits, dots and hyphens.")],
        help_text="The same in every version: by it a fee is recognised, and never paid twice.",
    )
    label = models.TextField("fee")
    trigger = models.TextField("due when", choices=FactKind)
    item = models.TextField("of which", blank=True, help_text="A visit's code in the schedule; empty for any.")
    amount = money(validators=[MinValueValidator(0)])
    has_overhead = models.BooleanField("with overhead", default=True)
    has_holdback = models.BooleanField("with holdback", default=True)
    is_taxable = models.BooleanField("with VAT", default=True)
    most = models.PositiveIntegerField("times at most", null=True, blank=True)
    most_per_subject = models.PositiveIntegerField("times a subject", null=True, blank=True)
    removed = models.BooleanField(default=False, editable=False)

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        ordering = ("code",)
        constraints = (
            referable("finance_feeline", "study"),
            models.UniqueConstraint(
                fields=["version", "code"], condition=Q(removed=False), name="finance_feeline_code",
                violation_error_message="The fee schedule has this code already.",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="finance_feeline_amount"),
            *same_sponsor("finance_feeline", "study", version=("study",)),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.label


class BankStatus(models.TextChoices):
    PROPOSED = "PROPOSED", "To be verified"
    VERIFIED = "VERIFIED", "Verified"
    REPLACED = "REPLACED", "Replaced"
    REJECTED = "REJECTED", "Rejected"


class BankDetail(StudyOwned):
    """Where a payee of a study is paid: the ERP's vendor number, and the end of the account for comparison.

    The account itself is kept by the ERP. A change counts once somebody else called back, and some days later.
    """

    known_by: ClassVar[str] = "vendor_no"
    known_in: ClassVar[tuple[str, ...]] = ("payee",)
    view_verb: ClassVar[str] = "finance.view_bank"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    payee = TenantKey("accounts.Organisation", related_name="+")
    vendor_no = models.TextField("vendor number", help_text="The payee's number in the ERP.")
    account_ending = models.CharField(
        "account ends in", max_length=4, validators=[RegexValidator(r"^[0-9A-Z]{4}$", "The last four characters.")]
    )
    status = models.TextField(choices=BankStatus, default=BankStatus.PROPOSED, editable=False)
    changed_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", editable=False)
    changed_at = models.DateTimeField(editable=False)
    verified_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)
    usable_from = models.DateField(null=True, editable=False)

    class Meta:
        ordering = ("-id",)
        constraints = (
            referable("finance_bankdetail", "study"),
            models.UniqueConstraint(
                fields=["study", "payee"], condition=Q(status="PROPOSED"), name="finance_bankdetail_proposed",
                violation_error_message="A change of these details waits to be verified already.",
            ),
            models.UniqueConstraint(
                fields=["study", "payee"], condition=Q(status="VERIFIED"), name="finance_bankdetail_verified"
            ),
            models.CheckConstraint(
                condition=Q(verified_by=None) | ~Q(verified_by=F("changed_by")), name="finance_bankdetail_four_eyes"
            ),
            *same_sponsor("finance_bankdetail", "study", "payee"),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Vendor {self.vendor_no}, account ending in {self.account_ending}"
