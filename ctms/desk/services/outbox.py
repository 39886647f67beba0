"""The outbox: work that was written down with a change is done after it, exactly once, whatever dies in between.

A worker locks an entry, does its work and marks it as done, all in one transaction: if the worker is killed, the
database undoes all three and frees the entry for the next. Redis carries only the news that there is something to do;
beat looks for itself every few seconds.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from celery import Task, current_app
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from ctms.core.acting import open_sponsor
from ctms.core.refusals import Refusal
from ctms.core.use_case import check_constraints_now
from ctms.desk.models import OutboxEntry

MOST_FAILURES = 6
MOST_STARTS = 50  # a worker that dies of an entry counts as a start only
_LONGEST_WAIT = timedelta(minutes=15)
_REMEMBERED = timedelta(days=7)
_DELIVER = "ctms.desk.tasks.deliver"

log = logging.getLogger(__name__)


class Outbox:
    """Answers `ctms.core.protocols.Outbox`."""

    def add(self, task: str, arguments: dict[str, Any]) -> None:
        sponsor_id = open_sponsor()
        _task(task)
        OutboxEntry.objects.create(sponsor_id=sponsor_id, task=task, arguments=arguments)
        transaction.on_commit(partial(nudge, sponsor_id))


def nudge(sponsor_id: int) -> None:
    """Wakes a worker. Where that fails, beat finds the entry a few seconds later."""
    try:
        queue = f"ctms.{connection.settings_dict['NAME']}"
        current_app.send_task(_DELIVER, kwargs={"sponsor_id": sponsor_id}, expires=60, retry=False, queue=queue)
    except (KombuError, RedisError, OSError) as error:  # the change is committed, nothing is lost
        log.warning("Nobody could be woken for the outbox: %s", error)


def is_anything_due() -> bool:
    """Whether an entry of the open sponsor waits that no worker is busy with."""
    with transaction.atomic():
        return OutboxEntry.objects.due().values("pk").first() is not None


def deliver_next() -> bool:
    """Does the work of the oldest entry that is due; False where there is none. Outside of any transaction."""
    with transaction.atomic():
        entry = OutboxEntry.objects.due().first()
        if entry is None:
            return False
        entry.starts += 1  # counted for itself, so that an entry which kills its workers is noticed
        entry.save(update_fields=["starts"])
    with transaction.atomic():
        entry = OutboxEntry.objects.due().filter(pk=entry.pk).first()
        if entry is not None:  # else another worker was faster
            _carry_out(entry)
    return True


def retry(entry: OutboxEntry) -> OutboxEntry:
    """Has an entry that was given up tried again, from the beginning."""
    entry = OutboxEntry.objects.select_for_update().get(pk=entry.pk)
    if not entry.can_be_retried:
        raise Refusal("NOT_GIVEN_UP", "This entry was not given up, or is a job: its owner starts that anew.")
    entry.given_up_at, entry.failures, entry.starts, entry.due_at = None, 0, 0, Now()
    entry.save(update_fields=["given_up_at", "failures", "starts", "due_at"])
    transaction.on_commit(partial(nudge, entry.sponsor_id))
    return entry


def drop_done() -> None:
    """Removes what was done a while ago. What was given up stays until somebody tries it again."""
    OutboxEntry.objects.filter(done_at__lt=Now() - _REMEMBERED).delete()


def _carry_out(entry: OutboxEntry) -> None:
    """Runs the entry's task in a savepoint, and marks how it went."""
    if entry.starts > MOST_STARTS:
        sentence: str | None = f"It was begun {MOST_STARTS} times, and each time the worker ended before it did."
        entry.failures = MOST_FAILURES
    else:
        sentence = _tried(entry, lambda **arguments: _task(entry.task)(**arguments))
        entry.failures += 1 if sentence else 0
    if sentence is None:
        entry.done_at = Now()
    elif entry.failures < MOST_FAILURES:
        wait = min(timedelta(seconds=5 * 4 ** (entry.failures - 1)), _LONGEST_WAIT)
        entry.error, entry.due_at = sentence, Now() + wait
    else:
        entry.error, entry.given_up_at = sentence, Now()
        _tried(entry, lambda **arguments: _task(entry.task).given_up(sentence, **arguments))
    entry.save(update_fields=["failures", "error", "due_at", "done_at", "given_up_at"])


def _tried(entry: OutboxEntry, call: Callable[..., Any]) -> str | None:
    """What went wrong, in a sentence; None where nothing did."""
    try:
        with transaction.atomic():
            call(sponsor_id=entry.sponsor_id, **entry.arguments)
            check_constraints_now()
    except Exception as error:  # whatever a task may raise: it is undone, told, and tried again
        if not connection.is_usable():
            raise  # nothing can be marked: the database itself went away
        log.exception("Entry %s of the outbox, %s, failed", entry.pk, entry.task)
        return error.message if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"[:500]
    return None


def _task(path: str) -> Task:
    try:
        task = import_string(path)
    except ImportError as error:
        raise LookupError(f"{path} is no task.") from error
    if not hasattr(task, "given_up"):
        raise LookupError(f"{path} is no task for one sponsor.")
    return task
