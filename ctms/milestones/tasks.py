"""Celery's edge of milestones."""

from celery import shared_task

from ctms.core import clock
from ctms.milestones.services.outlooks import take_stock
from ctms.studies.models import Study


@shared_task
def take_stock_of_studies() -> None:
    """Taking over milestones that other rooms know to be reached"""
    for study in Study.objects.select_related("scope").order_by("pk"):
        take_stock(study=study, at=clock.now())
