"""What the desk itself puts on people's list of work: what is being prepared for them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse

from ctms.core.protocols import WorkItem
from ctms.desk.queries import running_jobs


def own_jobs(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Jobs that wait or run."""
    for job in running_jobs(user):
        sub = f"{job.get_status_display()}, {job.progress} %"
        yield WorkItem(job.title, sub, reverse("job", args=[sponsor.code, job.pk]), None, "Being prepared")
