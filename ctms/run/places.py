"""Where this clone keeps what it makes: data, sockets, passwords, logs. Everything else asks here.

An ordinary user's servers live in `var/` inside the clone. Root's cannot: PostgreSQL refuses to run as root, and the
unprivileged user that runs it instead may not be able to enter the clone (a root home is closed). Opening the parents
would change permissions that are not ours, so root's servers get a place of their own under `/var/lib`.
"""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("CTMS_VAR") or ROOT / "var").resolve()

AS_ROOT = os.geteuid() == 0
SERVER_USER = "nobody"  # runs PostgreSQL when we are root

_clone = hashlib.sha256(str(VAR).encode()).hexdigest()[:10]
_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107 bytes, PostgreSQL appends ".lock" to the name

SERVERS = Path(f"/var/lib/ctms-{_clone}") if AS_ROOT else VAR / "servers"
CREDENTIALS = VAR / "credentials.json"


def sockets() -> Path:
    """The folder of the servers' unix sockets: beside their data, or in /tmp where that path is too long for one."""
    beside = SERVERS / "run"
    if len(str(beside / ".s.PGSQL.5432")) <= _LONGEST_SOCKET_PATH:
        return beside
    return Path(f"/tmp/ctms-{os.geteuid()}-{_clone}")


def make_private(folder: Path) -> Path:
    """Makes `folder` (and missing parents) for this user only; refuses one that belongs to somebody else."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to another user; remove it or set CTMS_VAR to a folder of your own.")
    return folder
