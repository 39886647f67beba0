"""The workers' entry."""

from celery import Celery

app = Celery("ctms", task_cls="ctms.core.tasks:SponsorTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
