"""Celery's edge of monitoring."""

from celery import shared_task

from ctms.core import clock
from ctms.studies.models import Study
from monitoring.services import candidates


@shared_task
def find_deviation_candidates() -> None:
    """Finding visits of subjects outside their windows"""
    for study in Study.objects.select_related("scope").order_by("pk"):
        candidates.find_candidates(study=study, at=clock.now())
