from django.apps import AppConfig


class EnrollmentConfig(AppConfig):
    """Subjects as statuses (no clinical data), visits, targets, forecast, feeds, reconciliation."""

    name = "enrollment"
    label = "enrollment"
