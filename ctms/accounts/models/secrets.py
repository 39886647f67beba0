"""What stands between a person and whoever guesses their secrets: how often was a wrong one given lately?"""

from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.crypto import salted_hmac

from ctms.accounts.models.users import fold


class WrongSecrets(models.Model):
    """The latest wrong secrets given for a name, at sign-in and when signing alike, until when it is locked for them.

    A name that nobody has gets a row as well, or the lock would tell which names exist. The name is kept as a keyed
    digest, since people type passwords where a name belongs. Sponsors hear of failed sign-ins later, from `untold`:
    telling them at once would take longer for names that somebody has. Gone a day later (`ctms.accounts.tasks`).
    """

    LIMIT: ClassVar[int] = 5
    WITHIN: ClassVar[timedelta] = timedelta(minutes=15)
    LOCKED_FOR: ClassVar[timedelta] = timedelta(minutes=15)

    name_digest = models.TextField(unique=True)
    given_at = ArrayField(models.DateTimeField(), default=list)
    locked_until = models.DateTimeField(null=True)
    user = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    untold = models.JSONField(default=list, help_text="Failed sign-ins that the access logs have not heard of yet.")
    changed_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name_digest

    def is_locked(self, at: datetime) -> bool:
        return self.locked_until is not None and at < self.locked_until

    def note(self, at: datetime) -> bool:
        """Counts one more; True if it is the one that locks."""
        self.given_at = [earlier for earlier in self.given_at if earlier > at - self.WITHIN] + [at]
        locks = len(self.given_at) >= self.LIMIT
        if locks:
            self.given_at, self.locked_until = [], at + self.LOCKED_FOR
        return locks


def name_digest(username: str) -> str:
    """What is kept of a name that somebody typed."""
    return salted_hmac("ctms.accounts.secrets", fold(username), algorithm="sha256").hexdigest()
