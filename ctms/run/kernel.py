"""The few things we ask of Linux directly: is that process alive, bury it, and who inherits orphans."""

import ctypes
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def is_alive(pid: int, name: str) -> bool:
    """Whether process `pid` runs a program called `name`; a zombie is dead."""
    try:
        comm, _, rest = Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")
    except OSError:
        return False
    return comm.startswith(name[:15]) and rest.split()[0] not in "ZX"


def adopt_orphans() -> None:
    """Makes this process the parent of its daemonised descendants, so that it can bury them."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def bury(pid: int, *, waits: bool = True) -> None:
    """Collects a dead child so that no zombie stays; nothing to do when it was somebody else's child."""
    try:
        os.waitpid(pid, 0 if waits else os.WNOHANG)
    except ChildProcessError:
        return


def die_with_parent() -> None:
    """For `preexec_fn`: the kernel sends this process SIGTERM when its parent dies, however that happens."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def wait_until(done: Callable[[], bool], complaint: str, *, seconds: float) -> None:
    """Polls `done` until it is true; raises RuntimeError(complaint) when time is up."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise RuntimeError(complaint)
        time.sleep(0.02)
