from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """The room for monitoring visits, their reports and letters, follow-up items and deviations."""

    name = "monitoring"
    label = "monitoring"
