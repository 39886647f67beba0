"""Celery's edge of sites."""

from celery import shared_task

from ctms.core import clock
from sites.services.uploads import drop_expired


@shared_task
def drop_expired_uploads() -> None:
    """Forgetting tables that were uploaded and never applied"""
    drop_expired(at=clock.now())
