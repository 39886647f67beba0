"""A clone of this repository as a newcomer has it, in a folder of its own, and what is run in it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ctms.run.places import ROOT


def cloned(folder: Path) -> Path:
    """What is committed, and nothing else."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


def copied(folder: Path) -> Path:
    """The files of the working tree with this clone's environment, where only they matter."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def environment(home: Path) -> dict[str, str]:
    """A newcomer's: an empty home, and nothing of ours but the way to the package registry."""
    kept = {"PATH", "LANG"} | {name for name in os.environ if name.startswith(("PIP_", "SSL_", "HTTP", "http"))}
    python = str(Path(sys.base_prefix) / "bin")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "HOME": str(home),
            "PATH": f"{python}:{os.environ['PATH']}"}  # fmt: skip


@contextmanager
def demo(clone: Path, home: Path, *, port: int, within: float) -> Iterator[str]:
    """`make demo` there; what it printed until it was ready. Ended by SIGTERM, and waited for."""
    with (home / "demo.log").open("w+") as log:
        running = subprocess.Popen(
            ["make", "demo", f"PORT={port}"], cwd=clone, env=environment(home), stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield _ready(running, home / "demo.log", within)
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(60)


def _ready(running: "subprocess.Popen[bytes]", log: Path, within: float) -> str:
    until = time.monotonic() + within
    while "Ready after" not in (printed := log.read_text()):
        assert running.poll() is None, printed
        assert time.monotonic() < until, printed
        time.sleep(0.2)
    return printed


def processes_of(clone: Path) -> list[str]:
    """Command lines of whatever still works in, or for, this clone."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            place = str((entry / "cwd").readlink()) if entry.name.isdigit() else ""
        except OSError:
            continue  # ended meanwhile, or is not ours
        if entry.name.isdigit() and (str(clone) in words or place.startswith(str(clone))):
            found.append(words)
    return found
