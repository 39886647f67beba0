"""The workers' entry."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ctms.settings")

app = Celery("ctms", task_cls="ctms.core.tasks:SponsorTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
