"""Celery's edge: a task acts in its own name and for one sponsor, in one transaction, and leaves neither behind.

A task body is a few lines: it translates its arguments, which are plain values, and calls one service or query. What
must not be lost goes through the outbox (`ctms.core.outbox`): Redis may forget a task at any time.
"""

from contextlib import nullcontext
from typing import Any, ClassVar

from celery import Task
from django.db import transaction

from ctms.core.acting import Channel, Service, acting, in_sponsor


class SystemTask(Task):
    """A task of the whole house: it sees what belongs to no sponsor, and no sponsor's rows."""

    abstract = True
    in_one_transaction: ClassVar[bool] = True

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        scope = transaction.atomic() if self.in_one_transaction else nullcontext()
        with scope, acting(Service("Worker"), reason=self.purpose, channel=Channel.TASK):
            return super().__call__(*arguments, **options)

    @property
    def purpose(self) -> str:
        """Why it acts, for the trail: the first line of what its docstring says."""
        return (self.run.__doc__ or "").strip().partition("\n")[0]


class SponsorTask(SystemTask):
    """A task for one sponsor, named by the keyword `sponsor_id`; without it, it refuses to run."""

    abstract = True

    def __call__(self, *arguments: Any, sponsor_id: int | None = None, **options: Any) -> Any:
        if sponsor_id is None:
            raise LookupError(f"{self.name} works for one sponsor: say which with sponsor_id=...")
        with in_sponsor(sponsor_id):
            return super().__call__(*arguments, **options)

    def given_up(self, sentence: str, *, sponsor_id: int, **arguments: Any) -> None:
        """Called in the place of the task when the outbox gives it up, with what went wrong."""


class SteppedTask(SponsorTask):
    """A task for one sponsor that opens a transaction of its own for each thing it does: none waits for another."""

    abstract = True
    in_one_transaction = False
