from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Overviews, search, the shell of every page, generated documents: what looks into several rooms. No tables."""

    name = "ctms.reporting"
    label = "reporting"
