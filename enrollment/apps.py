from django.apps import AppConfig


class EnrollmentConfig(AppConfig):
    """Empty so far. The room for subjects as statuses (no clinical data), their visits, targets and forecast."""

    name = "enrollment"
    label = "enrollment"
