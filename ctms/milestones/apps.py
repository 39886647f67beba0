from django.apps import AppConfig


class MilestonesConfig(AppConfig):
    """Templates, plan, baseline, forecast and actual dates; asks the rooms for facts."""

    name = "ctms.milestones"
    label = "milestones"
