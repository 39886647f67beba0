from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Cross-room queries, dashboards, lineage, exports; no tables of record."""

    name = "ctms.reporting"
    label = "reporting"
