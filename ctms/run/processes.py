"""The one list of processes: what `make demo` runs. docker-compose.yml and the units of docs/deploying.md follow it."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from ctms.run import places


@dataclass(frozen=True)
class Process:
    """A long-running process: its name (also CTMS_PROCESS, which selects its settings) and its command."""

    name: str
    command: tuple[str, ...]

    def argv(self, *, bind: str) -> list[str]:
        """The command to run here: programs of this Python's environment, address and folder put in."""
        program, *arguments = (word.replace("{bind}", bind).replace("{var}", str(places.VAR)) for word in self.command)
        return [str(Path(sys.executable).parent / program), *arguments]

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "CTMS_PROCESS": self.name,
            "CTMS_DB_LOGIN": "app",
            "DJANGO_SETTINGS_MODULE": "ctms.settings",
            "PYTHONPATH": str(places.ROOT),
        }


PROCESSES = (
    Process(
        "web",
        ("gunicorn", "ctms.wsgi:application", "--bind", "{bind}", "--worker-class", "gthread", "--workers", "2",
         "--threads", "4", "--max-requests", "5000", "--max-requests-jitter", "500"),
    ),
    Process("worker", ("celery", "--app", "ctms.celery", "worker", "--concurrency", "2", "--loglevel", "INFO")),
    Process("beat", ("celery", "--app", "ctms.celery", "beat", "--loglevel", "INFO", "--schedule", "{var}/beat")),
)  # fmt: skip


def simulators(port: int) -> Process:
    """The other systems of the demo, simulated; in no list of a real installation."""
    bind = f"127.0.0.1:{port}"
    application = "ctms.integrations.simulators.serve:application()"
    return Process(
        "simulators", ("gunicorn", application, "--bind", bind, "--worker-class", "gthread", "--threads", "4")
    )
