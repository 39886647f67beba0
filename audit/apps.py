from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The reader's view of the trail, the access log; later signatures, seals, evidence exports."""

    name = "audit"
    label = "audit"
