from django.apps import AppConfig


class MilestonesConfig(AppConfig):
    """Plan, signed baseline, forecast and actual dates of a study, countries and sites; asks the rooms for facts."""

    name = "ctms.milestones"
    label = "milestones"
