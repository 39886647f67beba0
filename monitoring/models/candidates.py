"""What visit windows make suspect: candidates for deviations, which follow subjects' visits by themselves."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import StudyOwned
from ctms.core.trail.history import Reason
from ctms.core.wording import counted


class CandidateKind(models.TextChoices):
    OUT_OF_WINDOW = "OUT_OF_WINDOW", "Out of window"
    MISSED = "MISSED", "Missed visit"


class CandidateStatus(models.TextChoices):
    OPEN = "OPEN", "Open"
    ACCEPTED = "ACCEPTED", "Accepted as a deviation"
    DISMISSED = "DISMISSED", "Dismissed"
    CLOSED = "CLOSED", "Put right at the source"


class DeviationCandidate(StudyOwned):
    """A visit of a subject outside its window, or not made. Found, found again and closed from the visits alone.

    People accept it, which puts down a deviation, or dismiss it with a reason. What was accepted stays so; `closed_at`
    then says that the source was corrected since.
    """

    known_by: ClassVar[str] = "number"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "monitoring.view_visit"
    person_reason: ClassVar[str] = Reason.OF_THE_ACT

    site = TenantKey("sites.Site", related_name="deviation_candidates")
    subject_visit = TenantKey("enrollment.SubjectVisit", related_name="deviation_candidates")
    kind = models.TextField("what", choices=CandidateKind)
    number = models.TextField("subject number")
    code = models.TextField("visit")
    occurred_on = models.DateField("happened on", help_text="When it took place, or the last day on which it could.")
    window_from = models.DateField()
    window_to = models.DateField()
    source = models.TextField(help_text="Which system says so.")
    status = models.TextField(choices=CandidateStatus, default=CandidateStatus.OPEN)
    reason = models.TextField("why it was dismissed", blank=True)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, blank=True, related_name="+")
    deviation = TenantKey("monitoring.Deviation", null=True, blank=True, related_name="candidates")
    found_at = models.DateTimeField(help_text="When it was found, the last time it came up.")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-found_at", "number", "code")
        constraints = (
            referable("monitoring_deviationcandidate", "study"),
            models.UniqueConstraint(fields=["subject_visit", "kind"], name="monitoring_deviationcandidate_once"),
            models.CheckConstraint(
                condition=Q(status="CLOSED", closed_at__isnull=False)
                | Q(status="ACCEPTED")
                | Q(status__in=["OPEN", "DISMISSED"], closed_at=None),
                name="monitoring_deviationcandidate_closed_when",
            ),
            models.CheckConstraint(
                condition=Q(status="ACCEPTED", deviation__isnull=False) | ~Q(status="ACCEPTED") & Q(deviation=None),
                name="monitoring_deviationcandidate_accepted_as",
            ),
            *same_sponsor(
                "monitoring_deviationcandidate", "study", site=("study",), subject_visit=("study",),
                deviation=("study",),
            ),
        )  # fmt: skip
        indexes = (models.Index(fields=["sponsor", "study", "status"], name="monitoring_candidate_status"),)

    def __str__(self) -> str:
        return f"{self.number}, {self.code}: {self.get_kind_display().lower()}"

    @property
    def visit_label(self) -> str:
        """The visit as the schedule names it."""
        planned = self.subject_visit.visit
        return planned.label if planned else self.code

    @property
    def title(self) -> str:
        """“IT-006-001, Week 2: missed visit”."""
        return f"{self.number}, {self.visit_label}: {self.get_kind_display().lower()}"

    @property
    def words(self) -> str:
        """What is suspect, in a sentence without a name: it becomes the text of the deviation."""
        window = f"{self.window_from:%-d %b %Y} to {self.window_to:%-d %b %Y}"
        if self.kind == CandidateKind.MISSED:
            return f"Visit {self.visit_label} did not take place in its window, {window}."
        before, after = (self.window_from - self.occurred_on).days, (self.occurred_on - self.window_to).days
        days, side = (before, "before") if before > 0 else (after, "after")
        by = f"{counted(days, 'day')} {side}"
        return f"Visit {self.visit_label} took place on {self.occurred_on:%-d %b %Y}, {by} its window, {window}."

    @property
    def said_by(self) -> str:
        """What says so, and whether it still does."""
        back = f"; corrected there by {self.closed_at:%-d %b %Y}" if self.closed_at else ""
        return f"The visits of {self.number} as the {self.source} has them, and the window of {self.visit_label}{back}"
