"""Training: what a role has to know, version by version, and who has read and acknowledged it.

A role counts only while its holder completed the approved version of the role's curriculum (`ctms.accounts.access`).
A role without a curriculum needs none.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ctms.accounts.roles import Role
from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import SponsorOwned
from ctms.core.trail.history import Reason


class CurriculumStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    APPROVED = "APPROVED", "Approved"
    ENDED = "ENDED", "No longer valid"


class Curriculum(SponsorOwned):
    """A version of what holders of a role have to read. One version of a role's curriculum is approved at a time."""

    known_by: ClassVar[str] = "title"
    view_verb: ClassVar[str] = "accounts.view_training"
    person_reason: ClassVar[str] = Reason.by_person_unless("status", "DRAFT")

    role = models.TextField(choices=Role)
    number = models.PositiveIntegerField("version")
    title = models.TextField()
    status = models.TextField(choices=CurriculumStatus, default=CurriculumStatus.DRAFT)
    drafted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        verbose_name_plural = "curricula"
        ordering = ("role", "-number")
        constraints = (
            referable("accounts_curriculum"),
            models.UniqueConstraint(fields=["sponsor", "role", "number"], name="accounts_curriculum_number"),
            models.UniqueConstraint(
                fields=["sponsor", "role"], condition=Q(status="APPROVED"), name="accounts_curriculum_one_approved"
            ),
        )

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"


class CurriculumItem(SponsorOwned):
    """Something to read. Nobody signs before they accepted an item that `is_accountability`: a signature binds."""

    known_by: ClassVar[str] = "title"
    view_verb: ClassVar[str] = "accounts.view_training"

    curriculum = TenantKey("accounts.Curriculum", related_name="items")
    position = models.PositiveSmallIntegerField()
    title = models.TextField()
    text = models.TextField()
    is_accountability = models.BooleanField("accountability statement", default=False)

    class Meta:
        ordering = ("position",)
        constraints = (
            models.UniqueConstraint(fields=["curriculum", "position"], name="accounts_curriculumitem_position"),
            *same_sponsor("accounts_curriculumitem", "curriculum"),
        )

    def __str__(self) -> str:
        return self.title


class TrainingRecord(SponsorOwned):
    """A person read a curriculum and acknowledged it under their own name and secret. Only added."""

    known_by: ClassVar[str] = "printed_name"
    view_verb: ClassVar[str] = "accounts.view_training"
    only_grows: ClassVar[bool] = True

    curriculum = TenantKey("accounts.Curriculum", related_name="records")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="training")
    completed_at = models.DateTimeField()
    printed_name = models.TextField("name", help_text="As it was then.")
    time_zone = models.TextField(help_text="The person's own.")
    statement = models.TextField(help_text="What was acknowledged.")
    content_sha256 = models.CharField("hash", max_length=64, help_text="Of the items as they were read.")

    class Meta:
        ordering = ("-completed_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["curriculum", "user"],
                name="accounts_trainingrecord_once",
                violation_error_message="This training was completed already.",
            ),
            *same_sponsor("accounts_trainingrecord", "curriculum"),
        )

    def __str__(self) -> str:
        return f"{self.printed_name}: {self.curriculum}"
