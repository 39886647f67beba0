"""Celery's edge: each live connection is read by a task of its own, one at a time."""

from celery import current_app, shared_task
from django.db import connection as database
from django.db import transaction

from ctms.core import clock
from ctms.core.acting import open_sponsor
from ctms.core.tasks import SteppedTask
from ctms.integrations.models import Connection, ConnectionStatus
from ctms.integrations.services import feeding


@shared_task
def read_connections() -> None:
    """Starting the feeds that are live"""
    for key in Connection.objects.filter(status=ConnectionStatus.LIVE).values_list("pk", flat=True):
        queue = f"ctms.{database.settings_dict['NAME']}"
        current_app.send_task(
            "ctms.integrations.tasks.read_connection", kwargs={"sponsor_id": open_sponsor(), "connection_id": key},
            expires=60, queue=queue,
        )  # fmt: skip


@shared_task(base=SteppedTask, acks_late=False, soft_time_limit=1800)
def read_connection(connection_id: int) -> None:
    """Reading another system"""
    with transaction.atomic():
        connection = Connection.objects.select_related("scope").get(pk=connection_id)
    try:
        feeding.read_connection(connection, now=clock.now)
    except feeding.Busy:
        return  # somebody reads it already
