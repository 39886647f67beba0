"""The workers' entry."""

from celery import Celery

app = Celery("ctms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
