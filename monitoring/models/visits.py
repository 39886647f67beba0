"""Monitoring visits of a site, how often they come, and what happened to each."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import StudyOwned
from ctms.core.trail.history import Reason


class VisitType(models.TextChoices):
    SQV = "SQV", "Qualification visit"
    SIV = "SIV", "Initiation visit"
    IMV = "IMV", "Interim monitoring visit"
    COV = "COV", "Close-out visit"


class VisitMode(models.TextChoices):
    ON_SITE = "ON_SITE", "On site"
    REMOTE = "REMOTE", "Remote"


class VisitStatus(models.TextChoices):
    """Where a visit and its report stand: one path, its rounds, and exits."""

    PLANNED = "PLANNED", "Planned"
    CONFIRMED = "CONFIRMED", "Confirmed"
    IN_PROGRESS = "IN_PROGRESS", "In progress"
    DRAFT = "DRAFT", "Report in draft"
    SUBMITTED = "SUBMITTED", "Report submitted"
    RETURNED = "RETURNED", "Report returned"
    REVIEWED = "REVIEWED", "Report reviewed"
    APPROVED = "APPROVED", "Report approved"
    CLOSED = "CLOSED", "Closed"
    CANCELLED = "CANCELLED", "Cancelled"
    VOIDED = "VOIDED", "Voided"


GONE = (VisitStatus.CANCELLED, VisitStatus.VOIDED)
"""The statuses of a visit that does not count."""


class RiskTier(models.TextChoices):
    LOW = "LOW", "Low"
    STANDARD = "STANDARD", "Standard"
    HIGH = "HIGH", "High"


class Cadence(StudyOwned):
    """How often a site is visited. One per site; each change of it says why, as guidelines ask."""

    known_by: ClassVar[str] = "rationale"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "monitoring.view_visit"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    site = TenantKey("sites.Site", related_name="cadences")
    tier = models.TextField("risk tier", choices=RiskTier, default=RiskTier.STANDARD)
    first_within_days = models.PositiveSmallIntegerField(
        "first visit within days", help_text="Of activation; of the first subject, once enrollment is known here."
    )
    on_site_weeks = models.PositiveSmallIntegerField("weeks between visits on site")
    remote_weeks = models.PositiveSmallIntegerField("weeks between remote visits", default=0, help_text="0: none.")
    rationale = models.TextField(help_text="Why this often: what is known of the site's risk.")

    class Meta:
        ordering = ("site__number",)
        constraints = (
            models.UniqueConstraint(
                fields=["site"], name="monitoring_cadence_once",
                violation_error_message="The site has a cadence already.",
            ),
            models.CheckConstraint(
                condition=Q(first_within_days__range=(1, 365), on_site_weeks__range=(1, 104), remote_weeks__lte=104),
                name="monitoring_cadence_range",
                violation_error_message="Weeks from 1 to 104 (remote: 0 for none), days from 1 to 365.",
            ),
            *same_sponsor("monitoring_cadence", "study", site=("study",)),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Cadence of {self.site}"


class MonitoringVisit(StudyOwned):
    """A visit of a monitor to a site, from its planning to its closed report."""

    known_by: ClassVar[str] = "label"
    known_in: ClassVar[tuple[str, ...]] = ("site",)
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "monitoring.view_visit"

    site = TenantKey("sites.Site", related_name="monitoring_visits")
    type = models.TextField("kind of visit", choices=VisitType)
    number = models.PositiveSmallIntegerField(help_text="Among the site's visits of this kind.")
    label = models.TextField("visit", editable=False, help_text="SIV 1, IMV 3.")
    mode = models.TextField("how", choices=VisitMode, default=VisitMode.ON_SITE)
    status = models.TextField(choices=VisitStatus, default=VisitStatus.PLANNED)
    monitor = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    planned_on = models.DateField("planned on")
    trigger = models.TextField(help_text="What asked for it: the cadence, a status, a finding.")
    rationale = models.TextField("why then")
    starts_on = models.DateField("first day", null=True, blank=True)
    ends_on = models.DateField("last day", null=True, blank=True)
    report_due_on = models.DateField("report due", null=True, blank=True)
    approval_due_on = models.DateField("approval due", null=True, blank=True)
    approved_on = models.DateField(null=True, blank=True)
    rounds = models.PositiveSmallIntegerField("submissions", default=0)
    template = TenantKey("monitoring.ReportTemplate", null=True, related_name="+")
    snapshot = models.JSONField(
        "status at the site", default=list, help_text="What the CTMS knew of the site: fact, value, source, as of."
    )
    snapshot_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-planned_on", "-id")
        constraints = (
            referable("monitoring_visit", "study"),
            referable("monitoring_visit", "site"),
            models.UniqueConstraint(
                fields=["site", "type", "number"], name="monitoring_visit_number",
                violation_error_message="Somebody else planned a visit of this kind just now.",
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="monitoring_visit_days"),
            *same_sponsor("monitoring_visit", "template", "study", site=("study",)),
        )  # fmt: skip
        indexes = (
            models.Index(fields=["sponsor", "study", "status"], name="monitoring_visit_status"),
            models.Index(fields=["sponsor", "monitor", "status"], name="monitoring_visit_monitor"),
        )

    def __str__(self) -> str:
        return f"{self.label} at {self.site}"

    @property
    def title(self) -> str:
        """“Interim monitoring visit 3”."""
        return f"{self.get_type_display()} {self.number}"

    @property
    def is_over(self) -> bool:
        """Whether nothing about the visit is to be done any more."""
        return self.status in (VisitStatus.CLOSED, *GONE)

    @property
    def has_report(self) -> bool:
        return self.starts_on is not None


class VisitEvent(StudyOwned):
    """Something happened to a visit: it was planned, moved to another day, confirmed, returned. Only added."""

    known_by: ClassVar[str] = "move"
    known_in: ClassVar[tuple[str, ...]] = ("visit",)
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "monitoring.view_visit"
    only_grows: ClassVar[bool] = True

    site = TenantKey("sites.Site", related_name="+")
    visit = TenantKey("monitoring.MonitoringVisit", related_name="events")
    move = models.TextField(help_text="The lifecycle's name of the move; plan and replan stand beside it.")
    from_status = models.TextField("from", choices=VisitStatus, blank=True)
    to_status = models.TextField("to", choices=VisitStatus)
    effective_on = models.DateField(help_text="The day it happened.")
    planned_on = models.DateField("planned on", null=True, help_text="The day the visit is planned for from then on.")
    round = models.PositiveSmallIntegerField(default=0, help_text="Submissions of the report until then.")
    reason = models.TextField(blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = (*same_sponsor("monitoring_visitevent", "study", site=("study",), visit=("site",)),)

    def __str__(self) -> str:
        return f"{self.visit}: {self.move}"
