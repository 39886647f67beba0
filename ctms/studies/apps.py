from django.apps import AppConfig


class StudiesConfig(AppConfig):
    """Study, countries, arms, protocol versions, the visit schedule, external claims, importers."""

    name = "ctms.studies"
    label = "studies"
