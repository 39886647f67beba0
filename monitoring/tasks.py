"""Celery's edge of monitoring."""

from celery import shared_task
from django.db import transaction

from ctms.core import clock
from ctms.core.tasks import SteppedTask
from ctms.studies.models import Study
from monitoring.services import candidates


@shared_task(base=SteppedTask)
def find_deviation_candidates() -> None:
    """Finding visits of subjects outside their windows"""
    with transaction.atomic():
        studies = list(Study.objects.select_related("scope").order_by("pk"))
    for study in studies:
        candidates.find_candidates(study=study, at=clock.now())
