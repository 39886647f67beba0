"""Celery's edge of milestones."""

from celery import shared_task
from django.db import transaction

from ctms.core import clock
from ctms.core.tasks import SteppedTask
from ctms.milestones.services.outlooks import take_stock
from ctms.studies.models import Study


@shared_task(base=SteppedTask)
def take_stock_of_studies() -> None:
    """Taking over milestones that other rooms know to be reached"""
    with transaction.atomic():
        studies = list(Study.objects.select_related("scope").order_by("pk"))
    for study in studies:
        take_stock(study=study, at=clock.now())
