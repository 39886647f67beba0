"""Processes of the process list on the tests' database, to be killed."""

import os
import signal
import subprocess
import time
from pathlib import Path

from ctms.run import embedded, kernel, places, postgres, redis
from ctms.run.processes import PROCESSES
from tests import database

Running = subprocess.Popen[bytes]


def begun(name: str, *, beat: Path | None = None, **environment: str) -> Running:
    """Starts the process of this name in a group of its own; `beat` is where its schedule is kept."""
    (process,) = [one for one in PROCESSES if one.name == name]
    argv = [str(beat) if beat and word.endswith("/beat") else word for word in process.argv(bind="")]
    log = places.make_private(places.VAR / "log") / "test-worker.log"
    environment = {**process.environment(), "CTMS_DB_NAME": database.NAME, **environment}
    with log.open("ab") as output:
        return subprocess.Popen(
            argv, cwd=places.ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )


def kill(running: Running) -> None:
    """With all its children."""
    if running.poll() is None:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def kill_redis() -> None:
    os.kill(int((redis.socket().parent / "redis.pid").read_text()), signal.SIGKILL)
    kernel.wait_until(lambda: not redis.is_running(), "Redis lives on.", seconds=15)


def kill_postgres() -> None:
    """The postmaster; without it, each of its processes ends by itself, in the middle of whatever it does."""
    os.kill(int((places.SERVERS / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGKILL)
    kernel.wait_until(lambda: not postgres.is_running(), "PostgreSQL lives on.", seconds=15)


def revive() -> None:
    """Starts again what is down; a server whose last processes are still ending refuses the first tries."""
    for _ in range(10):
        try:
            embedded.revive()
            return
        except RuntimeError:
            time.sleep(0.5)
    embedded.revive()
