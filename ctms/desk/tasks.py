"""Celery's edge of the desk."""

from datetime import datetime

from celery import shared_task

from ctms.accounts.models import Sponsor
from ctms.core import clock
from ctms.core.acting import in_sponsor
from ctms.core.tasks import SponsorTask, SteppedTask, SystemTask
from ctms.desk.services import alarms, digests, jobs, mail, outbox

_AT_A_TIME = 500


class LookTask(SystemTask):
    """Looks into each outbox in a transaction of its own, over before anybody is woken."""

    abstract = True
    in_one_transaction = False


class JobTask(SponsorTask):
    abstract = True

    def given_up(self, sentence: str, *, sponsor_id: int, job_id: int) -> None:  # type: ignore[override]
        jobs.give_up_job(job_id=job_id, sentence=sentence, at=clock.now())


@shared_task(base=LookTask)
def look_into_outboxes() -> None:
    """Looking for work that nobody was woken for"""
    for sponsor_id in Sponsor.objects.order_by("pk").values_list("pk", flat=True):
        with in_sponsor(sponsor_id):
            if outbox.is_anything_due():
                outbox.nudge(sponsor_id)


@shared_task(base=SteppedTask, acks_late=False)
def deliver() -> None:
    """Doing what waits in the outbox"""
    for _ in range(_AT_A_TIME):
        if not outbox.deliver_next():
            break


@shared_task(base=JobTask)
def run_job(job_id: int) -> None:
    """Running a job"""
    jobs.run_job(job_id=job_id, now=clock.now)


@shared_task
def hand_over_mail(mail_id: int) -> None:
    """Handing a mail over"""
    mail.hand_over(mail_id=mail_id, at=clock.now())


@shared_task
def warn_of_lock(user_id: int, locked_at: str) -> None:
    """Warning of a locked name"""
    alarms.warn_of_lock(user_id=user_id, locked_at=datetime.fromisoformat(locked_at), at=clock.now())


@shared_task
def tidy_up() -> None:
    """Removing what has expired from desks"""
    jobs.drop_old(at=clock.now())
    outbox.drop_done()


@shared_task
def send_digests() -> None:
    """Sending digests that are due"""
    digests.send_due_digests(at=clock.now())
