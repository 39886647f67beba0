"""Subject: days that accumulate and stay true, and one status. Visits against the version of the schedule."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from ctms.core.acting import Channel
from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import StudyOwned
from ctms.core.trail.history import Reason
from ctms.integrations.registry import Domain


class Milestone(models.TextChoices):
    """What happens in a subject's course, once each. A day that is known stays; the status moves on."""

    CONSENTED = "CONSENTED", "Consented"
    ELIGIBLE = "ELIGIBLE", "Eligible"
    SCREEN_FAILED = "SCREEN_FAILED", "Screen failed"
    RANDOMISED = "RANDOMISED", "Randomised"
    TREATED = "TREATED", "First dose"
    TREATMENT_ENDED = "TREATMENT_ENDED", "End of treatment"
    COMPLETED = "COMPLETED", "Completed"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"
    LOST = "LOST", "Lost to follow-up"


# In whose domain a milestone is: the system of record for it alone says its day.
MILESTONES: dict[Milestone, Domain] = {
    Milestone.CONSENTED: Domain.CONSENT,
    Milestone.ELIGIBLE: Domain.SCREENING,
    Milestone.SCREEN_FAILED: Domain.SCREENING,
    Milestone.RANDOMISED: Domain.RANDOMISATION,
    Milestone.TREATED: Domain.DISPENSING,
    Milestone.TREATMENT_ENDED: Domain.COMPLETION,
    Milestone.COMPLETED: Domain.COMPLETION,
    Milestone.WITHDRAWN: Domain.COMPLETION,
    Milestone.LOST: Domain.COMPLETION,
}


class SubjectStatus(models.TextChoices):
    """Where a subject stands now, in the order of a course; a later one prevails over an earlier."""

    UNKNOWN = "UNKNOWN", "Unknown"
    CONSENTED = "CONSENTED", "Consented"
    SCREENING = "SCREENING", "In screening"
    ENROLLED = "ENROLLED", "Eligible"
    RANDOMISED = "RANDOMISED", "Randomised"
    ON_TREATMENT = "ON_TREATMENT", "On treatment"
    END_OF_TREATMENT = "END_OF_TREATMENT", "End of treatment"
    FOLLOW_UP = "FOLLOW_UP", "In follow-up"
    COMPLETED = "COMPLETED", "Completed"
    SCREEN_FAILED = "SCREEN_FAILED", "Screen failed"
    LOST = "LOST", "Lost to follow-up"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"
    DELETED = "DELETED", "Deleted in source"


class Subject(StudyOwned):
    """A subject at a site, by number alone. Written from feeds; each day comes from its system of record.

    No name, initials, birth date, value or treatment has a place here.
    """

    only_through: ClassVar[Channel] = Channel.FEED

    known_by: ClassVar[str] = "number"
    known_in: ClassVar[tuple[str, ...]] = ("site",)
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "enrollment.view_subject"
    person_reason: ClassVar[str] = Reason.OF_THE_ACT

    site = TenantKey("sites.Site", related_name="subjects")
    number = models.TextField("subject number", help_text="As the system of record has it; CDISC SUBJID.")
    status = models.TextField(choices=SubjectStatus)
    schedule = TenantKey("studies.VisitSchedule", null=True, blank=True, related_name="subjects")
    consented_on = models.DateField(null=True, blank=True)
    eligible_on = models.DateField(null=True, blank=True)
    screen_failed_on = models.DateField(null=True, blank=True)
    randomised_on = models.DateField(null=True, blank=True)
    treated_on = models.DateField("first dose on", null=True, blank=True)
    treatment_ended_on = models.DateField(null=True, blank=True)
    completed_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    lost_on = models.DateField(null=True, blank=True)
    enrolled_on = models.DateField(null=True, blank=True, help_text="By the study's own definition.")
    sources = models.JSONField(default=dict, help_text="Which system says each day.")
    source_as_of = models.DateTimeField(help_text="Of when the newest of what is said is.")

    class Meta:
        ordering = ("number",)
        constraints = (
            referable("enrollment_subject", "study"),
            models.UniqueConstraint(fields=["study", "number"], name="enrollment_subject_number"),
            *same_sponsor("enrollment_subject", "study", site=("study",), schedule=("study",)),
        )
        indexes = (models.Index(fields=["site", "number"], name="enrollment_subject_site"),)

    def __str__(self) -> str:
        return self.number

    def day_of(self, milestone: Milestone) -> Any:
        """The day of a milestone; None where it did not happen, as far as anybody says."""
        return getattr(self, day_field(milestone))


def day_field(milestone: str) -> str:
    """The field that holds a milestone's day."""
    return f"{milestone.lower()}_on"


# What a subject's system of record says of it; all else about a subject follows from that and from our own rules.
SAID_BY_OTHERS = ("site_id", "number", "status", *map(day_field, Milestone.values), "sources", "source_as_of")


class SubjectVisit(StudyOwned):
    """A visit of a subject: when it is due by the schedule, when it took place, how far its data are.

    What another system reports and the schedule does not know has no `visit`: a finding, and never dropped.
    """

    only_through: ClassVar[Channel] = Channel.FEED

    known_by: ClassVar[str] = "code"
    known_in: ClassVar[tuple[str, ...]] = ("subject",)
    access_path: ClassVar[str | None] = "subject__site__scope"
    view_verb: ClassVar[str] = "enrollment.view_subject"
    person_reason: ClassVar[str] = Reason.OF_THE_ACT

    subject = TenantKey("enrollment.Subject", related_name="visits")
    schedule = TenantKey("studies.VisitSchedule", null=True, blank=True, related_name="+")
    visit = TenantKey("studies.ScheduledVisit", null=True, blank=True, related_name="+")
    code = models.TextField(help_text="Of the schedule's visit; else as the other system calls it.")
    position = models.PositiveSmallIntegerField(default=999)
    is_expected = models.BooleanField(default=True, help_text="Not after the subject's course ended.")
    due_on = models.DateField(null=True, blank=True)
    window_from = models.DateField(null=True, blank=True)
    window_to = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    entered = models.BooleanField("data entered", default=False)
    verified = models.BooleanField("data verified", default=False)
    open_queries = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("subject__number", "position", "code")
        constraints = (
            referable("enrollment_subjectvisit", "study"),
            models.UniqueConstraint(fields=["subject", "code"], name="enrollment_subjectvisit_once"),
            *same_sponsor(
                "enrollment_subjectvisit", "study", subject=("study",), schedule=("study",), visit=("schedule",)
            ),
        )
        indexes = (models.Index(fields=["study", "due_on"], name="enrollment_subjectvisit_due"),)

    def __str__(self) -> str:
        return f"{self.subject} {self.code}"


class EnrolledDefinition(StudyOwned):
    """From which milestone on a subject of this study counts as enrolled. Shown beside each count."""

    known_by: ClassVar[str] = "milestone"
    view_verb: ClassVar[str] = "studies.view_study"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    CHOICES: ClassVar[dict[str, str]] = {
        Milestone.CONSENTED: "consent",
        Milestone.ELIGIBLE: "eligibility confirmed",
        Milestone.RANDOMISED: "randomisation",
        Milestone.TREATED: "the first dose",
    }
    DEFAULT: ClassVar[Milestone] = Milestone.RANDOMISED

    milestone = models.TextField("enrolled means", choices=list(CHOICES.items()), default=DEFAULT)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["study"], name="enrollment_enrolleddefinition_once"),
            models.CheckConstraint(
                condition=Q(milestone__in=["CONSENTED", "ELIGIBLE", "RANDOMISED", "TREATED"]),
                name="enrollment_enrolleddefinition_known",
            ),
            *same_sponsor("enrollment_enrolleddefinition", "study"),
        )

    def __str__(self) -> str:
        return f"Enrolled from {self.get_milestone_display()} on"
