"""Discrepancy: two systems, or one of them and we, say different things about a subject."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import StudyOwned
from ctms.core.trail.history import Reason
from enrollment.models.subjects import Milestone


class Difference(models.TextChoices):
    """In what way they disagree."""

    UNKNOWN_TO_EDC = "UNKNOWN_TO_EDC", "Subject missing in EDC"
    UNKNOWN_TO_IRT = "UNKNOWN_TO_IRT", "Subject missing in IRT"
    NOT_RANDOMISED_IN_IRT = "NOT_RANDOMISED_IN_IRT", "Treated, but not randomised in IRT"
    FAILED_YET_RANDOMISED = "FAILED_YET_RANDOMISED", "Screen failed, yet randomised"
    MISSING_IN_EDC = "MISSING_IN_EDC", "Milestone missing in EDC"
    MISSING_IN_IRT = "MISSING_IN_IRT", "Milestone missing in IRT"
    DAY_DIFFERS = "DAY_DIFFERS", "Different days"
    SITE_DIFFERS = "SITE_DIFFERS", "Different sites"
    DUPLICATE_NUMBER = "DUPLICATE_NUMBER", "One number at two sites"
    OUT_OF_ORDER = "OUT_OF_ORDER", "Days out of order"
    BEFORE_ACTIVATION = "BEFORE_ACTIVATION", "Before the site was activated"
    WHILE_CLOSED = "WHILE_CLOSED", "While the site took nobody in"
    NOT_IN_CTMS = "NOT_IN_CTMS", "Subject missing in CTMS"
    ONLY_IN_CTMS = "ONLY_IN_CTMS", "Subject in CTMS alone"
    CTMS_DIFFERS = "CTMS_DIFFERS", "CTMS differs from its source"


class DiscrepancyStatus(models.TextChoices):
    OPEN = "OPEN", "Open"
    TAKEN = "TAKEN", "Being looked into"
    EXPLAINED = "EXPLAINED", "Explained"
    CLOSED = "CLOSED", "Put right"


# Every status but the last: what has not been put right.
STANDING = tuple(one for one in DiscrepancyStatus if one != DiscrepancyStatus.CLOSED)


class Discrepancy(StudyOwned):
    """Systems disagree about one subject in one way. Found, found again and closed by the reconciliation alone.

    People take it, and say what explains it; they cannot close it. It closes when the systems agree.
    """

    known_by: ClassVar[str] = "number"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "enrollment.view_subject"
    person_reason: ClassVar[str] = Reason.OF_THE_ACT

    site = TenantKey("sites.Site", related_name="discrepancies")
    number = models.TextField("subject number")
    difference = models.TextField(choices=Difference)
    milestone = models.TextField(choices=Milestone, blank=True, help_text="About which of the subject's milestones.")
    edc_says = models.TextField("EDC", blank=True, help_text="A day, or a site; empty where it says nothing.")
    irt_says = models.TextField("IRT", blank=True)
    ctms_says = models.TextField("CTMS", blank=True)
    status = models.TextField(choices=DiscrepancyStatus, default=DiscrepancyStatus.OPEN)
    taken_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    explanation = models.TextField(blank=True)
    found_at = models.DateTimeField(help_text="When it was found, the last time it came up.")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "discrepancies"
        ordering = ("-found_at", "number")
        constraints = (
            referable("enrollment_discrepancy", "study"),
            models.UniqueConstraint(
                fields=["study", "difference", "number", "milestone"], name="enrollment_discrepancy_once"
            ),
            models.CheckConstraint(
                condition=Q(status="CLOSED", closed_at__isnull=False) | ~Q(status="CLOSED") & Q(closed_at=None),
                name="enrollment_discrepancy_closed_when",
            ),
            *same_sponsor("enrollment_discrepancy", "study", site=("study",)),
        )
        indexes = (models.Index(fields=["site"], condition=~Q(status="CLOSED"), name="enrollment_discrepancy_open"),)

    def __str__(self) -> str:
        about = f" ({self.get_milestone_display()})" if self.milestone else ""
        return f"{self.number}: {self.get_difference_display()}{about}"
