from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Visit plan, trip reports, letters, follow-up items, issues, deviations, CAPA, risk indicators."""

    name = "monitoring"
    label = "monitoring"
