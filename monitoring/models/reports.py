"""A visit's report: its template, its answers, what was frozen of it when it was signed, comments, letters."""

from typing import ClassVar

from django.db import models

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import SponsorOwned, StudyOwned


class ReportTemplate(SponsorOwned):
    """A version of the questions a report asks, as it was taken into use. Only added: a change is another version."""

    known_by: ClassVar[str] = "title"
    view_verb: ClassVar[str] = "monitoring.view_visit"
    only_grows: ClassVar[bool] = True

    code = models.TextField()
    version = models.PositiveSmallIntegerField()
    title = models.TextField()
    content = models.JSONField(help_text="Sections and questions, as the file has them.")
    content_sha256 = models.CharField("hash", max_length=64)
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ("code", "-version")
        constraints = (
            referable("monitoring_reporttemplate"),
            models.UniqueConstraint(fields=["sponsor", "code", "version"], name="monitoring_reporttemplate_version"),
        )

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class OfReport(StudyOwned):
    """A row about the report of a visit, seen by who sees reports at its site."""

    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "monitoring.view_tripreport"

    site = TenantKey("sites.Site", related_name="+")

    class Meta:
        abstract = True


class ReportAnswer(OfReport):
    """What was answered to one question of a visit's report. Counts its own versions, so that no save hides another."""

    known_by: ClassVar[str] = "code"
    known_in: ClassVar[tuple[str, ...]] = ("visit",)

    visit = TenantKey("monitoring.MonitoringVisit", related_name="answers")
    code = models.TextField("question", editable=False)
    position = models.PositiveSmallIntegerField(editable=False)
    answer = models.TextField(blank=True)
    comment = models.TextField(blank=True, help_text="Stands in the report and, with a finding, in the letter.")
    note = models.TextField("internal note", blank=True, help_text="Stands in the report, never in a letter.")
    version = models.PositiveIntegerField(default=0)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("visit", "position")
        constraints = (
            models.UniqueConstraint(fields=["visit", "code"], name="monitoring_reportanswer_once"),
            *same_sponsor("monitoring_reportanswer", "study", site=("study",), visit=("site",)),
        )

    def __str__(self) -> str:
        return f"{self.code} of {self.visit}"


class ReportVersion(OfReport):
    """A report as it was when its author signed and submitted it. Only added."""

    known_by: ClassVar[str] = "number"
    known_as: ClassVar[str] = "version {}"
    known_in: ClassVar[tuple[str, ...]] = ("visit",)
    only_grows: ClassVar[bool] = True

    visit = TenantKey("monitoring.MonitoringVisit", related_name="versions")
    number = models.PositiveSmallIntegerField()
    content = models.TextField(help_text="The whole report as JSON, in the order it was shown.")
    content_sha256 = models.CharField("hash", max_length=64)
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        ordering = ("number",)
        constraints = (
            referable("monitoring_reportversion", "site"),
            models.UniqueConstraint(fields=["visit", "number"], name="monitoring_reportversion_number"),
            *same_sponsor("monitoring_reportversion", "study", site=("study",), visit=("site",)),
        )

    def __str__(self) -> str:
        return f"Version {self.number} of {self.visit}"


class ReviewComment(OfReport):
    """What a reviewer or approver said about a submitted report, or about one question of it. Only added."""

    known_by: ClassVar[str] = "text"
    known_in: ClassVar[tuple[str, ...]] = ("visit",)
    only_grows: ClassVar[bool] = True

    visit = TenantKey("monitoring.MonitoringVisit", related_name="comments")
    round = models.PositiveSmallIntegerField()
    code = models.TextField("question", blank=True, help_text="Blank: about the whole report.")
    text = models.TextField()
    said_at = models.DateTimeField()
    said_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = (*same_sponsor("monitoring_reviewcomment", "study", site=("study",), visit=("site",)),)

    def __str__(self) -> str:
        return f"{self.said_by} on {self.code or 'the report'}"


class LetterKind(models.TextChoices):
    CONFIRMATION = "CONFIRMATION", "Confirmation letter"
    FOLLOW_UP = "FOLLOW_UP", "Follow-up letter"
    CORRECTED = "CORRECTED", "Corrected follow-up letter"


class Letter(StudyOwned):
    """A letter to the site about a visit. Its content is fixed when it is made; a change means another letter."""

    known_by: ClassVar[str] = "kind"
    known_in: ClassVar[tuple[str, ...]] = ("visit",)
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "monitoring.view_visit"

    site = TenantKey("sites.Site", related_name="+")
    visit = TenantKey("monitoring.MonitoringVisit", related_name="letters")
    version = TenantKey("monitoring.ReportVersion", null=True, related_name="letters")
    kind = models.TextField(choices=LetterKind)
    content = models.TextField(editable=False, help_text="As JSON, in the order it is printed.")
    content_sha256 = models.CharField("hash", max_length=64, editable=False)
    made_at = models.DateTimeField()
    due_on = models.DateField("due")
    sent_on = models.DateField("sent", null=True, blank=True)
    sent_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    reference = models.TextField("where it is filed", blank=True)
    replaced = models.BooleanField(default=False, help_text="A later letter took its place before it was sent.")

    class Meta:
        ordering = ("id",)
        constraints = (
            *same_sponsor("monitoring_letter", "study", site=("study",), visit=("site",), version=("site",)),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.visit}"
