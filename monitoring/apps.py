from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Empty so far. The room for monitoring visits and reports, follow-up items, deviations, CAPA, risk indicators."""

    name = "monitoring"
    label = "monitoring"
