"""The access log: happenings that change no record."""

from typing import ClassVar

from django.db import models
from django.db.models import Func

from ctms.core.records import Records


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
        REFUSED = "REFUSED", "Refused"
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
