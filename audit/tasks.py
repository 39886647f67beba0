"""Celery's edge of the trail."""

from celery import shared_task
from django.db import connection

from audit.gaps import compare_and_note
from ctms.core import clock
from ctms.core.tasks import SystemTask
from ctms.core.trail import partitions


@shared_task
def compare_with_trail() -> None:
    """Comparing records with their trail"""
    compare_and_note()


@shared_task(base=SystemTask)
def add_partitions() -> None:
    """Making the partitions of this year and the next"""
    with connection.cursor() as cursor:
        partitions.add_years(cursor, through=clock.today().year + 1)
