"""Jobs: starting one, running it in a worker, cancelling it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse

from ctms.accounts import access
from ctms.accounts.models import User
from ctms.core import protocols
from ctms.core.acting import Channel, acting, open_sponsor
from ctms.core.outbox import after_commit
from ctms.core.refusals import Refusal
from ctms.core.use_case import check_constraints_now, use_case
from ctms.desk.models import Job, JobFile, JobStatus
from ctms.desk.progress import NotWanted, ToldProgress
from ctms.desk.services.notes import notify

KEPT = timedelta(days=7)  # a file; its job is remembered longer
REMEMBERED = timedelta(days=90)
MOST_AT_ONCE = 20


@use_case
def start_job(*, kind: str, arguments: dict[str, Any], title: str, by: User, at: datetime) -> Job:
    """Has a job done by a worker, as this person.

    Args:
        kind: which entry of settings.JOBS.
        arguments: plain values for its body.
        title: what the person asked for, in words.
    """
    protocols.job_body(kind)
    if Job.objects.filter(user=by, ended_at=None).count() >= MOST_AT_ONCE:
        raise Refusal("TOO_MANY_JOBS", f"You have {MOST_AT_ONCE} jobs waiting already: let some of them end first.")
    job = Job.objects.create(
        sponsor_id=open_sponsor(), user=by, kind=kind, arguments=arguments, title=title, created_at=at
    )  # fmt: skip
    after_commit("ctms.desk.tasks.run_job", job_id=job.pk)
    return job


@use_case
def cancel_job(*, job: Job, by: User, at: datetime) -> Job:
    """Ends a job that waits; one that runs ends where it next tells how far it is."""
    job = Job.objects.select_for_update().get(pk=job.pk, user=by)
    if job.is_over:
        raise Refusal("JOB_OVER", f"This job has ended already: {job.get_status_display().lower()}.")
    if job.status == JobStatus.QUEUED:
        _end(job, JobStatus.CANCELLED, "Cancelled before it began.", at)
    else:
        job.cancel_wanted = True
        job.save(update_fields=["cancel_wanted"])
    return job


def run_job(*, job_id: int, now: Callable[[], datetime]) -> None:
    """Does a job, in the open transaction, and ends it. What it refuses is its end too; an error is the caller's.

    Args:
        now: asked when the job has ended.
    """
    job = Job.objects.select_related("user").get(pk=job_id)
    if job.is_over:
        return
    progress = ToldProgress(job.pk)
    file = None
    try:
        with transaction.atomic():
            progress.begin()
            file = _made(job, progress)
            check_constraints_now()
        status, sentence = JobStatus.DONE, ""
    except NotWanted:
        status, sentence = JobStatus.CANCELLED, "Cancelled while it ran."
    except Refusal as refusal:
        status, sentence = JobStatus.FAILED, refusal.message
    finally:
        progress.close()
    job, at = Job.objects.select_for_update().get(pk=job_id), now()
    if file is not None:
        JobFile.objects.create(
            sponsor_id=job.sponsor_id, job=job, name=file.name, content_type=file.content_type, size=len(file.body),
            body=file.body,
        )  # fmt: skip
        job.expires_at = at + KEPT
    _end(job, status, sentence, at)


def give_up_job(*, job_id: int, sentence: str, at: datetime) -> None:
    """Ends a job that went wrong too often."""
    job = Job.objects.select_for_update().get(pk=job_id)
    if not job.is_over:
        _end(job, JobStatus.FAILED, f"It was tried several times and went wrong each time. {sentence}", at)


def drop_old(*, at: datetime) -> None:
    """Removes files that nobody can have any more, and jobs that nobody asks for any more."""
    JobFile.objects.filter(job__expires_at__lte=at).delete()
    Job.objects.filter(ended_at__lte=at - REMEMBERED).delete()


def _made(job: Job, progress: ToldProgress) -> protocols.ResultFile | None:
    """Runs the job's body as its owner, who must still work here."""
    user = job.user
    if not user.is_active or all(one.sponsor_id != job.sponsor_id for one in access.memberships(user)):
        raise Refusal("NO_LONGER_HERE", "Its owner does not work for this sponsor any more.")
    with access.seeing_as(user, job.sponsor_id), acting(user, reason=job.title, channel=Channel.TASK):
        if not access.grants_of(user) and (refusal := access.training_needed(user)):
            raise refusal
        return protocols.job_body(job.kind)(progress, arguments=job.arguments, by=user)


def _end(job: Job, status: JobStatus, sentence: str, at: datetime) -> None:
    job.status, job.sentence, job.ended_at = status, sentence, at
    job.progress = 100 if status == JobStatus.DONE else job.progress
    job.save(update_fields=["status", "sentence", "ended_at", "progress", "expires_at"])
    if status != JobStatus.CANCELLED:
        notify(
            user=job.user, kind="JOB", url=reverse("job", args=[job.sponsor.code, job.pk]), at=at,
            text=f"{job.title}: {'ready' if status == JobStatus.DONE else sentence}",
        )  # fmt: skip
