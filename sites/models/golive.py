"""Go-live migration: sites that were running before they came here enter with their dates, signed off once."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import Records, Standing, StudyOwned
from ctms.core.trail.history import Reason
from sites.models.sites import SiteStatusEvent, all_statuses


class BatchStatus(models.TextChoices):
    DRAFT = "DRAFT", "Draft"
    SIGNED_OFF = "SIGNED_OFF", "Signed off"


class MigrationBatch(StudyOwned):
    """What sites of a study bring with them, gathered in a draft and signed off as a whole. Never undone: corrected."""

    known_by: ClassVar[str] = "number"
    view_verb: ClassVar[str] = "sites.view_site"
    person_reason: ClassVar[str] = Reason.by_person_unless("status", "DRAFT")

    number = models.PositiveIntegerField()
    status = models.TextField(choices=BatchStatus, default=BatchStatus.DRAFT)
    source = models.TextField(help_text="Where the dates come from: a system and the day of its export.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "go-live migration"
        verbose_name_plural = "go-live migrations"
        ordering = ("-number",)
        constraints = (
            referable("sites_migrationbatch", "study"),
            models.UniqueConstraint(fields=["study", "number"], name="sites_migrationbatch_number"),
            models.UniqueConstraint(
                fields=["study"], condition=Q(status="DRAFT"), name="sites_migrationbatch_one_draft",
                violation_error_message="The study has a draft of a go-live migration already.",
            ),
            *same_sponsor("sites_migrationbatch", "study"),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Migration {self.number}"


class MigrationLine(StudyOwned):
    """A status that a site came to before it came here, from which day, and where that is proved."""

    known_by: ClassVar[str] = "status"
    access_path: ClassVar[str | None] = "site__scope"
    view_verb: ClassVar[str] = "sites.view_site"
    standing: ClassVar[Q] = Q(removed=False)

    batch = TenantKey("sites.MigrationBatch", related_name="lines")
    site = TenantKey("sites.Site", related_name="migration_lines")
    kind = models.TextField(choices=SiteStatusEvent.Kind, default=SiteStatusEvent.Kind.OPERATIONAL)
    status = models.TextField(choices=all_statuses())
    since = models.DateField()
    proof = models.TextField(help_text="Where it is filed: an eTMF number, a letter's date.")
    removed = models.BooleanField(default=False, editable=False)

    objects: ClassVar[Any] = Standing()
    everything = Records.as_manager()

    class Meta:
        ordering = ("site__number", "since", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["batch", "site", "kind", "status"], condition=Q(removed=False), name="sites_migrationline_once",
                violation_error_message="This status of the site stands in the migration already.",
            ),
            *same_sponsor("sites_migrationline", "study", batch=("study",), site=("study",)),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.site}: {self.status_words}"

    @property
    def status_words(self) -> str:
        return SiteStatusEvent.words_of(self.kind, self.status)
