"""How far a job is, told while it runs: on a connection of its own, because the job's own changes show at its end."""

import time
from typing import Any

from django.db import connection

from ctms.desk.models import JobStatus

_TELL_EVERY = 0.4  # seconds


class NotWanted(Exception):
    """The owner cancelled the job."""


class ToldProgress:
    """Answers `ctms.core.protocols.Progress` for one job; close it in the end."""

    def __init__(self, job_id: int) -> None:
        self._job_id = job_id
        self._connection: Any = connection.copy()
        self._told_at = 0.0

    def begin(self) -> None:
        self._tell(0, "Started")

    def __call__(self, done: int, of: int, sentence: str = "") -> None:
        if time.monotonic() - self._told_at >= _TELL_EVERY:
            self._tell(min(99, 100 * done // max(of, 1)), sentence)

    def close(self) -> None:
        self._connection.close()

    def _tell(self, percent: int, sentence: str) -> None:
        self._connection.set_autocommit(False)  # begins a transaction, for the sponsor that is open
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(
                    "update desk_job set status = %s, progress = %s, sentence = %s where id = %s and ended_at is null "
                    "returning cancel_wanted",
                    [JobStatus.RUNNING, percent, sentence, self._job_id],
                )
                row = cursor.fetchone()
            self._connection.commit()
        finally:
            self._connection.set_autocommit(True)
        self._told_at = time.monotonic()
        if row and row[0]:
            raise NotWanted
