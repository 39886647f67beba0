"""Sessions, each a row that knows its person: so they can be listed, and ended at once by deleting it."""

import hashlib
from typing import Any

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """A browser that is signed in, or on its way to. Times are the server's own, whatever the demo's clock says."""

    user = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="sessions")
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.TextField(blank=True)
    agent = models.TextField(blank=True, help_text="What the browser said it is.")

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        ordering = ("-seen_at",)

    @classmethod
    def get_session_store_class(cls) -> Any:
        from ctms.accounts.sessions import SessionStore

        return SessionStore

    @property
    def public_id(self) -> str:
        """Names the session on a page without giving its key away."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:16]

    @property
    def device(self) -> str:
        """Browser and system, as far as the browser told: "Firefox on Linux"."""
        browser = next((name for mark, name in _BROWSERS if mark in self.agent), "A browser")
        system = next((name for mark, name in _SYSTEMS if mark in self.agent), "")
        return f"{browser} on {system}" if system else browser


# In this order: Edge and Opera also say Chrome, all of them Safari; Android also says Linux, iPhones Mac OS X.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("Chrom", "Chrome"),
    ("CriOS", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip
