from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The reader's view of the trail, the access log, and gaps between records and trail."""

    name = "audit"
    label = "audit"
