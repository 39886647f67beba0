"""What visits bring up: follow-up items, which monitors call action items, and protocol deviations."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import StudyOwned
from ctms.core.trail.history import Reason


class Severity(models.TextChoices):
    """As inspectors grade: does it, might it, or is it not expected to harm subjects or data."""

    CRITICAL = "CRITICAL", "Critical"
    MAJOR = "MAJOR", "Major"
    MINOR = "MINOR", "Minor"


class Owner(models.TextChoices):
    SITE = "SITE", "Site"
    MONITOR = "MONITOR", "Monitor"
    SPONSOR = "SPONSOR", "Sponsor"


class FollowUpStatus(models.TextChoices):
    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class FollowUpItem(StudyOwned):
    """Something that has to be done at or for a site, by a day."""

    known_by: ClassVar[str] = "text"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "monitoring.view_visit"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    site = TenantKey("sites.Site", related_name="follow_ups")
    visit = TenantKey("monitoring.MonitoringVisit", null=True, blank=True, related_name="follow_ups")
    number = models.PositiveIntegerField(help_text="In the study.")
    question = models.TextField(blank=True, help_text="Of the report, that brought it up.")
    text = models.TextField("what is to be done")
    severity = models.TextField(choices=Severity)
    owner = models.TextField("who does it", choices=Owner)
    due_on = models.DateField("due")
    status = models.TextField(choices=FollowUpStatus, default=FollowUpStatus.OPEN)
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "follow-up item"
        ordering = ("due_on", "id")
        constraints = (
            referable("monitoring_followupitem", "site"),
            models.UniqueConstraint(fields=["study", "number"], name="monitoring_followupitem_number"),
            *same_sponsor("monitoring_followupitem", "study", site=("study",), visit=("site",)),
        )
        indexes = (models.Index(fields=["sponsor", "study", "status", "due_on"], name="monitoring_followup_due"),)

    def __str__(self) -> str:
        return f"FU-{self.number:04}"


class FollowUpEvent(StudyOwned):
    """What became of a follow-up item, and at which visit that was found. Only added."""

    known_by: ClassVar[str] = "note"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "monitoring.view_visit"
    only_grows: ClassVar[bool] = True

    site = TenantKey("sites.Site", related_name="+")
    item = TenantKey("monitoring.FollowUpItem", related_name="events")
    visit = TenantKey("monitoring.MonitoringVisit", null=True, related_name="outcomes")
    move = models.TextField()
    to_status = models.TextField(choices=FollowUpStatus)
    note = models.TextField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = (
            *same_sponsor("monitoring_followupevent", "study", site=("study",), item=("site",), visit=("site",)),
        )

    def __str__(self) -> str:
        return f"{self.item}: {self.get_to_status_display()}"


class DeviationCategory(models.TextChoices):
    CONSENT = "CONSENT", "Informed consent"
    ELIGIBILITY = "ELIGIBILITY", "Eligibility"
    SAFETY = "SAFETY", "Safety"
    IMPLEMENTATION = "IMPLEMENTATION", "Protocol implementation"
    PRODUCT = "PRODUCT", "Investigational product"
    BLINDING = "BLINDING", "Randomisation or blinding"
    SAMPLES = "SAMPLES", "Sample handling"
    PRIVACY = "PRIVACY", "Data or privacy"
    REGULATORY = "REGULATORY", "Regulatory"


class Discovery(models.TextChoices):
    MONITOR = "MONITOR", "Monitor"
    SITE = "SITE", "Site"
    CENTRAL = "CENTRAL", "Central review"
    AUDIT = "AUDIT", "Audit"


class DeviationStatus(models.TextChoices):
    OPEN = "OPEN", "Open"
    UNDER_REVIEW = "UNDER_REVIEW", "Under review"
    CONFIRMED = "CONFIRMED", "Confirmed"
    NOT_A_DEVIATION = "NOT_A_DEVIATION", "Not a deviation"
    DUPLICATE = "DUPLICATE", "Duplicate"
    RESOLVED = "RESOLVED", "Resolved"
    CLOSED = "CLOSED", "Closed"


SETTLED = (DeviationStatus.NOT_A_DEVIATION, DeviationStatus.DUPLICATE, DeviationStatus.CLOSED)
"""The statuses of a deviation of which nothing changes any more, unless it is reopened."""


class Deviation(StudyOwned):
    """A departure from the study's design or procedures. In words that need no clinical data."""

    known_by: ClassVar[str] = "description"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "monitoring.view_visit"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    site = TenantKey("sites.Site", related_name="deviations")
    visit = TenantKey("monitoring.MonitoringVisit", null=True, blank=True, related_name="deviations")
    number = models.PositiveIntegerField(editable=False, help_text="In the study.")
    subject = models.TextField("subject number", blank=True, help_text="As the site's log has it; never a name.")
    occurred_on = models.DateField("happened on")
    discovered_on = models.DateField("found on")
    discovered_by = models.TextField("found by", choices=Discovery, default=Discovery.MONITOR)
    category = models.TextField(choices=DeviationCategory)
    severity = models.TextField(choices=Severity)
    is_important = models.BooleanField("important", null=True, blank=True, help_text="As assessed; unknown until then.")
    description = models.TextField("what happened")
    source = models.TextField("what says so", blank=True, editable=False, help_text="Empty: who put it down.")
    status = models.TextField(choices=DeviationStatus, default=DeviationStatus.OPEN, editable=False)
    raised_at = models.DateTimeField(editable=False)
    raised_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", editable=False)

    class Meta:
        ordering = ("-number",)
        constraints = (
            referable("monitoring_deviation", "study"),
            models.UniqueConstraint(fields=["study", "number"], name="monitoring_deviation_number"),
            models.CheckConstraint(
                condition=Q(discovered_on__gte=F("occurred_on")), name="monitoring_deviation_days",
                violation_error_message="It cannot have been found before it happened.",
            ),
            *same_sponsor("monitoring_deviation", "study", site=("study",), visit=("site",)),
        )  # fmt: skip
        indexes = (models.Index(fields=["sponsor", "study", "status"], name="monitoring_deviation_status"),)

    def __str__(self) -> str:
        return f"DV-{self.number:04}"

    @property
    def is_settled(self) -> bool:
        return self.status in SETTLED
