from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Empty so far. The room for what each person's desk needs: jobs, notifications, outbox, saved views."""

    name = "ctms.desk"
    label = "desk"
