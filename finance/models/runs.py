"""Payment runs: what is paid when to whom, and what the ERP confirmed."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import Records, Standing, StudyOwned
from finance.models.agreements import money


class RunStatus(models.TextChoices):
    CALCULATED = "CALCULATED", "Calculated"
    CONFIRMED = "CONFIRMED", "Awaiting finance approval"
    APPROVED = "APPROVED", "Approved"
    RELEASED = "RELEASED", "Released to the ERP"
    PAID = "PAID", "Paid"
    CANCELLED = "CANCELLED", "Cancelled"


class PaymentRun(StudyOwned):
    """The payments of a study for everything that happened until a day."""

    known_by: ClassVar[str] = "number"
    known_as: ClassVar[str] = "PR-{:03}"
    view_verb: ClassVar[str] = "finance.view_run"

    number = models.PositiveIntegerField()
    status = models.TextField(choices=RunStatus, default=RunStatus.CALCULATED)
    until = models.DateField("activity until")
    calculation = models.PositiveIntegerField(default=1, help_text="Counts up whenever it is calculated or sent back.")
    calculated_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    calculated_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints = (
            referable("finance_paymentrun", "study"),
            models.UniqueConstraint(fields=["study", "number"], name="finance_paymentrun_number"),
            models.UniqueConstraint(
                fields=["study"], condition=Q(status__in=["CALCULATED", "CONFIRMED"]), name="finance_paymentrun_open",
                violation_error_message="The study has an open payment run already.",
            ),
            *same_sponsor("finance_paymentrun", "study"),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"PR-{self.number:03}"


class PaymentRequest(StudyOwned):
    """What one payee is paid in one currency; or, where it is too little, what waits for the next run."""

    known_by: ClassVar[str] = "reference"
    view_verb: ClassVar[str] = "finance.view_run"
    standing: ClassVar[Q] = Q(removed=False)

    run = TenantKey("finance.PaymentRun", related_name="requests")
    payee = TenantKey("accounts.Organisation", related_name="+")
    currency = models.CharField(max_length=3)
    reference = models.TextField(help_text="By which the ERP confirms it.")
    net = money()
    due_on = models.DateField("due")
    rolls_forward = models.BooleanField(default=False, help_text="Below the smallest payment, or nothing to pay.")
    bank = TenantKey(
        "finance.BankDetail", null=True, editable=False, related_name="+",
        help_text="Where it goes: the details that were verified when the run was released.",
    )  # fmt: skip
    removed = models.BooleanField(default=False, help_text="By a later calculation.")

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        ordering = ("reference",)
        constraints = (
            referable("finance_paymentrequest", "study"),
            models.UniqueConstraint(
                fields=["run", "payee", "currency"], condition=Q(removed=False), name="finance_paymentrequest_once"
            ),
            models.UniqueConstraint(
                fields=["study", "reference"], condition=Q(removed=False), name="finance_paymentrequest_ref"
            ),
            models.CheckConstraint(condition=Q(rolls_forward=True) | Q(net__gt=0), name="finance_paymentrequest_pays"),
            *same_sponsor("finance_paymentrequest", "study", "payee", run=("study",), bank=("study",)),
        )

    def __str__(self) -> str:
        return self.reference


class PaymentLine(StudyOwned):
    """A payable is paid by a request: by one at most, whatever runs at the same time."""

    known_by: ClassVar[str] = "payable_id"
    view_verb: ClassVar[str] = "finance.view_run"
    standing: ClassVar[Q] = Q(removed=False)

    request = TenantKey("finance.PaymentRequest", related_name="lines")
    payable = TenantKey("finance.Payable", related_name="payment_lines")
    removed = models.BooleanField(default=False, help_text="By a later calculation, or with its run.")

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["payable"], condition=Q(removed=False), name="finance_paymentline_once",
                violation_error_message="Another run pays some of this already: look again.",
            ),
            *same_sponsor("finance_paymentline", "study", request=("study",), payable=("study",)),
        )  # fmt: skip
        indexes = (models.Index(fields=["request"], name="finance_paymentline_request"),)

    def __str__(self) -> str:
        return f"{self.payable} in {self.request}"


class PaymentConfirmation(StudyOwned):
    """The ERP says that a request was paid: how much, on which day, by which document."""

    known_by: ClassVar[str] = "document"
    view_verb: ClassVar[str] = "finance.view_run"
    only_grows: ClassVar[bool] = True

    request = models.OneToOneField(
        "finance.PaymentRequest", models.PROTECT, db_constraint=False, related_name="confirmation"
    )
    amount = money()
    paid_on = models.DateField()
    document = models.TextField(help_text="The ERP's own.")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            referable("finance_paymentconfirmation", "study"),
            *same_sponsor("finance_paymentconfirmation", "study", request=("study",)),
        )

    def __str__(self) -> str:
        return f"{self.request}, {self.document}"
