"""Celery's edge of accounts."""

from datetime import UTC, datetime

from celery import current_app, shared_task

from ctms.accounts.models import Sponsor
from ctms.accounts.services.sessions import drop_ended
from ctms.core import clock
from ctms.core.tasks import SystemTask


@shared_task(base=SystemTask)
def for_each_sponsor(task: str) -> None:
    """Starting a task for each sponsor"""
    for sponsor_id in Sponsor.objects.order_by("pk").values_list("pk", flat=True):
        current_app.send_task(task, kwargs={"sponsor_id": sponsor_id})


@shared_task(base=SystemTask)
def drop_ended_sessions() -> None:
    """Dropping sessions that have ended, and counts of wrong secrets that no longer count"""
    drop_ended(server_time=datetime.now(UTC), at=clock.now())
