"""The access log, which holds happenings that change no record; and signatures, which stand under records."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Func, Q

from ctms.core.keys import TenantKey, referable, same_sponsor
from ctms.core.records import Records, SponsorOwned, Working


class AccessEvent(models.Model):
    """Somebody signed in or out, failed to, exported something, or was refused. Only added; partitioned by year."""

    only_grows: ClassVar[bool] = True
    access_path: ClassVar[str | None] = None
    view_verb: ClassVar[str] = "audit.view_trail"

    class Kind(models.TextChoices):
        SIGNED_IN = "SIGNED_IN", "Signed in"
        SIGN_IN_FAILED = "SIGN_IN_FAILED", "Sign-in failed"
        PROOF_FAILED = "PROOF_FAILED", "Wrong secret when signing"
        LOCKED = "LOCKED", "Locked after wrong secrets"
        SIGNED_OUT = "SIGNED_OUT", "Signed out"
        SESSION_ENDED = "SESSION_ENDED", "Session ended by its limit"
        PASSWORD_SET = "PASSWORD_SET", "Password set"
        TWO_STEP_ON = "TWO_STEP_ON", "Second step switched on"
        TWO_STEP_OFF = "TWO_STEP_OFF", "Second step switched off"
        RECOVERY_CODES_MADE = "RECOVERY_CODES_MADE", "Recovery codes made"
        RECOVERY_CODE_USED = "RECOVERY_CODE_USED", "Recovery code used"
        SESSION_REVOKED = "SESSION_REVOKED", "Session revoked"
        EXPORTED = "EXPORTED", "Exported"
        DOWNLOADED = "DOWNLOADED", "Downloaded"
        REFUSED = "REFUSED", "Refused"
        CREDENTIALS_SET = "CREDENTIALS_SET", "Credentials of a connection set"
        TRAIL_COMPARED = "TRAIL_COMPARED", "Trail compared with records"

    at = models.DateTimeField(db_default=Func(function="ctms_now"))
    kind = models.TextField(choices=Kind)
    sponsor = models.ForeignKey("accounts.Sponsor", models.PROTECT, null=True, related_name="+")
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.TextField(blank=True)
    channel = models.TextField(blank=True)
    subject = models.TextField(blank=True, help_text="What it was about: a record, a list.")
    detail = models.JSONField(default=dict)
    is_simulated = models.BooleanField(db_default=Func(function="ctms_is_simulated"))

    objects = Records.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["sponsor", "at"], name="audit_accessevent_day"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.actor_name}"

    @property
    def detail_words(self) -> str:
        """The particulars, as people read them: of a refusal its sentence alone, the rest by name."""
        if message := self.detail.get("message"):
            return str(message)
        return "; ".join(f"{name}: {value}" for name, value in self.detail.items() if value)


class SigningIntent(Working):
    """A person opened a record in order to sign it: what they were shown, and until when they may sign just that."""

    hidden: ClassVar[tuple[str, ...]] = ("nonce", "session")

    nonce = models.TextField(unique=True)
    model = models.TextField()
    object_id = models.BigIntegerField()
    version = models.BigIntegerField(help_text="The record's.")
    kind = models.TextField()
    content_sha256 = models.CharField(max_length=64)
    signer = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    session = models.TextField(help_text="Digest of the session.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="audit_signingintent_times"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.model} {self.object_id}"


class Signature(SponsorOwned):
    """A person's electronic signature under one version of one record. Whether it still holds is worked out, not kept.

    It names its record by model and key, without a foreign key, and keeps the content that was signed, so that it can
    be read and compared whatever became of the record.
    """

    known_by: ClassVar[str] = "object_label"
    access_path: ClassVar[str | None] = "scope"
    view_verb: ClassVar[str] = "audit.view_signature"
    only_grows: ClassVar[bool] = True

    scope = TenantKey("accounts.Scope", related_name="+")
    model = models.TextField("kind of record")
    object_id = models.BigIntegerField("key of the record")
    object_label = models.TextField("record")
    version = models.BigIntegerField("version", help_text="The number of the history row that was signed.")
    version_at = models.DateTimeField("version of")
    schema = models.PositiveSmallIntegerField(help_text="Of how the content is put down.")
    content = models.TextField(help_text="What was signed, as JSON in the order it was shown.")
    content_sha256 = models.CharField("hash", max_length=64, help_text="SHA-256 of its canonical JSON.")
    kind = models.TextField()
    verb = models.TextField(help_text="What the signature allowed to happen.")
    meaning = models.TextField()
    meaning_words = models.TextField()
    statement = models.TextField(help_text="The sentence the person read before signing.")
    comment = models.TextField(blank=True)
    signer = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    signer_name = models.TextField(help_text="As it was then.")
    signer_roles = models.TextField(help_text="As they were then.")
    signed_at = models.DateTimeField()
    time_zone = models.TextField(help_text="The signer's own.")
    method = models.TextField(help_text="How the signer proved who they are.")
    session = models.TextField(help_text="Digest of the session.")
    nonce = models.TextField(help_text="Of the signing intent; used once.")
    prior = TenantKey("self", null=True, related_name="+", help_text="The signature under this record before this one.")

    class Meta:
        ordering = ("id",)
        constraints = (
            referable("audit_signature"),
            models.UniqueConstraint(
                fields=["nonce"],
                name="audit_signature_once",
                violation_error_message="This signature was given already.",
            ),
            *same_sponsor("audit_signature", "scope", "prior"),
        )
        indexes = (models.Index(fields=["sponsor", "model", "object_id"], name="audit_signature_record"),)

    def __str__(self) -> str:
        return f"{self.meaning_words} of {self.object_label} by {self.signer_name}"
