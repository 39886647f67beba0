from django.apps import AppConfig


class StudiesConfig(AppConfig):
    """Study, StudyCountry, Arm, protocol versions, the one visit schedule, external claims; registry and protocol importers."""

    name = "ctms.studies"
    label = "studies"
