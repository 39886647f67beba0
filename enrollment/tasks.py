"""Celery's edge of enrollment."""

from celery import shared_task
from django.db import transaction

from ctms.core import clock
from ctms.core.tasks import SteppedTask
from ctms.studies.models import Study
from enrollment.services import counts, reconciliation


@shared_task
def fold_counts() -> None:
    """Folding counts of subjects"""
    counts.fold_counts()


@shared_task(base=SteppedTask)
def reconcile() -> None:
    """Comparing EDC, IRT and CTMS"""
    with transaction.atomic():
        studies = list(Study.objects.order_by("pk"))
    for study in studies:
        reconciliation.reconcile_study(study=study, at=clock.now())
