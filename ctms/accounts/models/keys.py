"""Keys that programs and links carry: tokens of REST clients, and how any such key leads to its sponsor.

A key is shown once and never kept: what is kept is its digest. Before a sponsor is known only `EntryKey` can be read;
it names the sponsor and the record that says whose key it is, what it may do and until when.
"""

import hashlib
import secrets
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from ctms.core.records import SponsorOwned
from ctms.core.trail.history import Reason


class EntryKey(models.Model):
    """The digest of a key, with the sponsor and record it leads to. Only added: the record says whether it counts."""

    class Kind(models.TextChoices):
        TOKEN = "TOKEN", "REST token"
        CALENDAR = "CALENDAR", "Calendar link"

    digest = models.TextField(unique=True)
    sponsor = models.ForeignKey("accounts.Sponsor", models.PROTECT, related_name="+")
    kind = models.TextField(choices=Kind)
    record_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.record_id}"


def new_key(prefix: str) -> str:
    """A key nobody can guess, with a prefix that tells leaked ones apart: ctms_<prefix>_<40 characters>."""
    return f"ctms_{prefix}_{secrets.token_hex(20)}"


def digest_of(key: str) -> str:
    """What is kept of a key. A key is random, so a plain hash suffices."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiToken(SponsorOwned):
    """Lets a program act as a person, within scopes, until a day. Its end is recorded, the row stays."""

    view_verb: ClassVar[str] = "accounts.view_access"
    known_by: ClassVar[str] = "name"
    person_reason: ClassVar[str] = Reason.OF_THE_ACT

    class Scope(models.TextChoices):
        READ = "READ", "Read"
        WRITE = "WRITE", "Read and write"

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="api_tokens")
    name = models.TextField(help_text="What uses it.")
    scope = models.TextField(choices=Scope, default=Scope.READ)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    ending = models.TextField(help_text="The key's last four characters, so that its owner can tell which it is.")

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="accounts_apitoken_dates"),
            models.UniqueConstraint(
                fields=["sponsor", "user", "name"],
                condition=Q(revoked_at=None),
                name="accounts_apitoken_name",
                violation_error_message="You have a token of this name already.",
            ),
        )

    def __str__(self) -> str:
        return self.name
