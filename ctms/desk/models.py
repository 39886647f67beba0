"""What each person's desk needs. Working data: no trail of its own; what it does to records stands in theirs."""

from typing import ClassVar

from django.db import models

from ctms.core.records import Working


class IdempotencyKey(Working):
    """A client's key for one request, kept with its effect: the same request again gets the same answer, done once."""

    hidden: ClassVar[tuple[str, ...]] = ("body",)

    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    key = models.TextField()
    request_sha256 = models.TextField(
        help_text="Of method, address and body: another request with this key is refused."
    )
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["sponsor", "user", "key"], name="desk_idempotencykey_once"),)

    def __str__(self) -> str:
        return self.key
