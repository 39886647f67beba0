"""A table that was uploaded and waits to be looked at before it is applied."""

from typing import ClassVar

from django.db import models

from ctms.core.keys import TenantKey, same_sponsor
from ctms.core.records import Working


class UploadKind(models.TextChoices):
    SITES = "sites", "Sites"
    PEOPLE = "people", "Site staff"
    EVIDENCE = "evidence", "Dated facts"
    HISTORY = "history", "Status history"


class Upload(Working):
    """The rows of one file, read once and kept as texts until they are applied, discarded or too old."""

    hidden: ClassVar[tuple[str, ...]] = ("content",)

    study = TenantKey("studies.Study", related_name="+")
    kind = models.TextField(choices=UploadKind)
    file_name = models.TextField()
    payload_sha256 = models.CharField(max_length=64)
    content = models.JSONField(help_text="Headings, rows and the cells that could not be taken.")
    uploaded_by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = tuple(same_sponsor("sites_upload", "study"))

    def __str__(self) -> str:
        return self.file_name
