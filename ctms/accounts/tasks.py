"""Celery's edge of accounts."""

from datetime import UTC, datetime

from celery import current_app, shared_task

from ctms.accounts.models import Sponsor
from ctms.accounts.services.alarms import tell_failed_sign_ins
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


@shared_task(base=SystemTask)
def tell_of_failed_sign_ins() -> None:
    """Telling access logs of failed sign-ins"""
    tell_failed_sign_ins(at=clock.now())
