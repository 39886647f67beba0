"""The kinds of facts that money can follow from."""

from django.db import models


class FactKind(models.TextChoices):
    SITE_ACTIVATED = "SITE_ACTIVATED", "Site activated"
    SITE_CLOSING = "SITE_CLOSING", "Site came to close-out"
    SITE_CLOSED = "SITE_CLOSED", "Site closed"
    SITE_MILESTONE = "SITE_MILESTONE", "Another milestone of the site"
    VISIT = "VISIT", "Visit done"
    SCREEN_FAILURE = "SCREEN_FAILURE", "Screen failure"
    ENROLLED = "ENROLLED", "Subject enrolled"
    SUBJECT_MILESTONE = "SUBJECT_MILESTONE", "Another milestone of a subject"


RELEASE = "RELEASE"
"""The kind of a payable that gives a holdback back; it follows from the payable that kept it."""
