"""What other systems say of a study or site, and the runs that brought it. Claims are shown with source and age."""

from typing import ClassVar

from django.db import models

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import StudyOwned


class ImportRun(StudyOwned):
    """One file read into a study: what it was, how old, and what was assumed or found while reading."""

    known_by: ClassVar[str] = "source_record_id"
    view_verb: ClassVar[str] = "studies.view_study"

    source_system = models.TextField(help_text='"ClinicalTrials.gov", "USDM 4.0.0".')
    source_record_id = models.TextField(help_text="The study's identifier in that system.")
    source_as_of = models.DateField(null=True, help_text="The source's own date of the content.")
    imported_at = models.DateTimeField()
    file_name = models.TextField()
    payload_sha256 = models.CharField(max_length=64, help_text="Of the record's canonical JSON.")

    class Meta:
        ordering = ("-imported_at", "-id")
        constraints = (
            referable("studies_importrun", "study"),
            models.UniqueConstraint(fields=["study", "source_system", "payload_sha256"], name="studies_importrun_once"),
            *same_sponsor("studies_importrun", "study"),
        )

    def __str__(self) -> str:
        return f"{self.source_system} {self.source_record_id}"


class ImportFinding(StudyOwned):
    """An assumption made or a peculiarity found while reading a file."""

    known_by: ClassVar[str] = "code"
    view_verb: ClassVar[str] = "studies.view_study"

    run = TenantKey("studies.ImportRun", related_name="findings")
    position = models.PositiveIntegerField()
    code = models.TextField()
    where = models.TextField()
    message = models.TextField()

    class Meta:
        ordering = ("run", "position")
        constraints = (
            models.UniqueConstraint(fields=["run", "position"], name="studies_importfinding_once"),
            *same_sponsor("studies_importfinding", "study", run=("study",)),
        )

    def __str__(self) -> str:
        return f"{self.code} at {self.where}"


class ExternalClaim(StudyOwned):
    """One thing another system says about a study or a site: its topic, the value, who says it and of when it is.

    Never our own status. Where a field of ours was filled from a claim, a later import changes it only while it still
    equals that claim; what a person changed since stays, and the difference is a finding.
    """

    known_by: ClassVar[str] = "topic"
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "studies.view_study"

    scope = TenantKey("accounts.Scope", related_name="claims")
    topic = models.TextField(help_text='"overall_status", "start", "enrollment_count", ...')
    value = models.TextField(blank=True)
    run = TenantKey("studies.ImportRun", related_name="claims")

    class Meta:
        ordering = ("topic",)
        constraints = (
            models.UniqueConstraint(fields=["scope", "topic"], name="studies_externalclaim_once"),
            *same_sponsor("studies_externalclaim", "study", "scope", run=("study",)),
        )

    def __str__(self) -> str:
        return f"{self.topic}: {self.value}"
