from django.apps import AppConfig


class DeskConfig(AppConfig):
    """What each person's desk needs: work, jobs, notifications, mail, saved views, a calendar; and the outbox."""

    name = "ctms.desk"
    label = "desk"

    def ready(self) -> None:
        """Every process that writes to the outbox wakes workers through the one Celery application."""
        import ctms.celery  # noqa: F401
