"""What is owed and why: payables, which are only added, and the sub-ledger that follows from them."""

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import Records, StudyOwned
from finance.models.agreements import money
from finance.models.kinds import RELEASE, FactKind


class Cause(models.TextChoices):
    """Why a payable was posted."""

    EARNED = "EARNED", "Earned"
    CHANGED = "CHANGED", "Changed"
    GONE = "GONE", "No longer due"


class Payable(StudyOwned):
    """One fee for one fact to one payee, step by step from the fee to the net. Never edited: reversed and posted anew.

    Revisions of one key count up without a gap (`follows_revision` is a foreign key into the same table): odd ones say
    that it is owed, even ones take the one before back. So at most one is in force, and none is owed twice.
    """

    known_by: ClassVar[str] = "item"
    known_in: ClassVar[tuple[str, ...]] = ("site",)
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "finance.view_payment"
    only_grows: ClassVar[bool] = True

    site = TenantKey("sites.Site", related_name="payables")
    agreement = TenantKey("finance.Agreement", related_name="payables")
    fee = TenantKey("finance.FeeLine", related_name="payables")
    share = TenantKey("finance.PayeeShare", related_name="payables")
    payee = TenantKey("accounts.Organisation", related_name="+")
    fact_id = models.TextField("fact", help_text="Our own: the same however often its source says it.")
    item = models.TextField("fee code")
    occurrence = models.PositiveIntegerField(default=1)
    revision = models.PositiveIntegerField(default=1)
    follows_revision = models.PositiveIntegerField(null=True)
    kind = models.TextField(choices=[*FactKind.choices, (RELEASE, "Holdback released")])
    cause = models.TextField(choices=Cause, default=Cause.EARNED)
    occurred_on = models.DateField("happened on")
    subject = models.TextField(blank=True, help_text="The subject's number in the study.")
    occasion = models.TextField(blank=True, help_text="Which one of its kind, as people call it: a visit's name.")
    quantity = models.DecimalField(max_digits=8, decimal_places=2, default=1)
    source = models.TextField(help_text="Which system and record says so, and by which message.")
    currency = models.CharField(max_length=3)
    direct = money("fee", default=0)
    overhead = money(default=0)
    holdback = money(default=0)
    vat = money("VAT", default=0)
    withholding = money("tax withheld", default=0)
    net = money(default=0)
    posted_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            referable("finance_payable", "study"),
            models.UniqueConstraint(
                fields=["sponsor", "fact_id", "item", "occurrence", "payee", "revision"], name="finance_payable_once",
                violation_error_message="Somebody else posted this just now: look again.",
            ),
            models.CheckConstraint(
                condition=Q(revision=1, follows_revision=None) | Q(revision=F("follows_revision") + 1),
                name="finance_payable_chain",
            ),
            models.CheckConstraint(
                condition=Q(net=F("direct") + F("overhead") + F("holdback") + F("vat") + F("withholding")),
                name="finance_payable_net",
            ),
            *same_sponsor(
                "finance_payable", "study", "payee", site=("study",), agreement=("study",), fee=("study",),
                share=("study",),
            ),
        )  # fmt: skip
        indexes = (models.Index(fields=["study", "id"], name="finance_payable_study"),)

    def __str__(self) -> str:
        return f"{self.site} {self.subject or self.get_kind_display()}, {self.item}"

    @property
    def is_reversal(self) -> bool:
        return self.revision % 2 == 0

    @property
    def purpose(self) -> str:
        """What it is for, in words: the fee, and what of its kind where the fee is for any; or its holdback."""
        fee = f"{self.fee.label}: {self.occasion}" if self.occasion and not self.fee.item else self.fee.label
        return f"Holdback of {fee}" if self.kind == RELEASE else fee

    @property
    def gross(self) -> Decimal:
        return self.direct + self.overhead


class Account(models.TextChoices):
    DIRECT = "DIRECT", "Fees"
    OVERHEAD = "OVERHEAD", "Overhead"
    HOLDBACK = "HOLDBACK", "Held back"
    VAT = "VAT", "VAT"
    WITHHOLDING = "WITHHOLDING", "Tax withheld"
    OWED = "OWED", "Owed to payees"
    CASH = "CASH", "Paid"


class LedgerEntry(models.Model):
    """One amount on one account. The entries of a payable, and those of a payment, sum to zero: a trigger sees to it.

    Without a trail of its own: entries are written in the statement that writes the payable or confirmation they
    follow from, which has one, agree with it to the cent, and are never changed (`ctms.core.reviewed`).
    """

    access_path: ClassVar[str | None] = "study__scope"
    view_verb: ClassVar[str] = "finance.view_payment"

    # Sponsor and study are those of the payable or confirmation: its key holds all three, and nothing is asked twice.
    sponsor = TenantKey("accounts.Sponsor", related_name="+", editable=False)
    study = TenantKey("studies.Study", related_name="+")
    payable = TenantKey("finance.Payable", null=True, related_name="entries")
    confirmation = TenantKey("finance.PaymentConfirmation", null=True, related_name="entries")
    account = models.TextField(choices=Account)
    amount = money()

    objects: ClassVar[Any] = Records.as_manager()

    class Meta:
        verbose_name_plural = "ledger entries"
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(payable__isnull=True) ^ Q(confirmation__isnull=True), name="finance_ledgerentry_of_one"
            ),
            models.UniqueConstraint(
                fields=["payable", "account"], condition=Q(payable__isnull=False), name="finance_ledgerentry_payable"
            ),
            models.UniqueConstraint(
                fields=["confirmation", "account"], condition=Q(confirmation__isnull=False),
                name="finance_ledgerentry_payment",
            ),
            *same_sponsor("finance_ledgerentry", payable=("study",), confirmation=("study",)),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_account_display()} {self.amount}"
