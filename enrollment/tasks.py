"""Celery's edge of enrollment."""

from celery import shared_task

from ctms.core import clock
from ctms.studies.models import Study
from enrollment.services import counts, reconciliation


@shared_task
def fold_counts() -> None:
    """Folding counts of subjects"""
    counts.fold_counts()


@shared_task
def reconcile() -> None:
    """Comparing EDC, IRT and CTMS"""
    for study in Study.objects.order_by("pk"):
        reconciliation.reconcile_study(study=study, at=clock.now())
