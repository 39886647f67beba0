from django.apps import AppConfig


class DeskConfig(AppConfig):
    """What each person's desk needs: jobs, notifications, outbox, saved views, idempotency keys."""

    name = "ctms.desk"
    label = "desk"
