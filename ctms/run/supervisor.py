"""Keeps the embedded servers and the process list running until told to stop, and leaves nothing behind."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

from ctms.run import embedded, kernel, places
from ctms.run.processes import PROCESSES, Process

_PATIENCE = 10.0  # seconds a process gets to end by itself
_LONGEST_WAIT = 30.0  # seconds between attempts to start what keeps dying


class Stopped(Exception):
    """Somebody asked us to stop: Ctrl-C, SIGTERM, a closed terminal."""


@dataclass
class _Child:
    process: Process
    running: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    falls: int = 0
    next_try: float = 0.0


class Supervisor:
    """Starts the processes, the web server on `bind`; restarts what dies, stops all."""

    def __init__(self, bind: str, processes: Sequence[Process] = PROCESSES) -> None:
        self.bind = bind
        self.processes = processes
        self.children: list[_Child] = []
        self.logs = places.make_private(places.VAR / "log")

    def start(self) -> None:
        self.children = [_Child(process, self._spawn(process)) for process in self.processes]

    def watch(self) -> None:
        """Looks after servers and processes, for ever; ends by `Stopped`."""
        while True:
            embedded.revive()
            for child in self.children:
                self._look_after(child)
            time.sleep(0.5)

    def stop(self) -> None:
        """Ends the processes, the last started first; who does not listen is killed."""
        for child in reversed(self.children):
            _signal(child.running, signal.SIGTERM)
        until = time.monotonic() + _PATIENCE
        for child in self.children:
            try:
                child.running.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(child.running, signal.SIGKILL)
                child.running.wait()
        self.children = []

    def _look_after(self, child: _Child) -> None:
        if child.running.poll() is None:
            return
        now = time.monotonic()
        if not child.next_try:
            child.falls = 1 if now - child.started > 60 else child.falls + 1
            wait = min(_LONGEST_WAIT, 0.5 * 2**child.falls)
            child.next_try = now + wait
            name, code = child.process.name, child.running.returncode
            print(f"{name} ended with {code}; starting it again in {wait:.0f} s (var/log/{name}.log)", flush=True)
        if now >= child.next_try:
            child.running, child.started, child.next_try = self._spawn(child.process), now, 0.0

    def _spawn(self, process: Process) -> subprocess.Popen[bytes]:
        with (self.logs / f"{process.name}.log").open("ab") as log:
            return subprocess.Popen(
                process.argv(bind=self.bind),
                cwd=places.ROOT,
                env=process.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=kernel.die_with_parent,
            )


def listen_for_the_end() -> None:
    """Turns the signals that mean "stop" into `Stopped`, once; later ones do not disturb the stopping."""
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def raise_stopped(number: int, frame: FrameType | None) -> None:
        for other in wanted:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped

    for number in wanted:
        signal.signal(number, raise_stopped)


def _signal(running: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To the whole group: gunicorn's and celery's own children too."""
    if running.poll() is None:
        try:
            os.killpg(running.pid, number)
        except ProcessLookupError:
            return
