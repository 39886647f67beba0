"""Starts, joins and stops the embedded servers: whoever comes first starts them, whoever leaves last stops them.

Two file locks do it. Everybody who uses the servers holds `users.lock` shared; starting and stopping happen under
`start.lock`. The kernel drops a killed process's locks, so nothing is ever left locked, and servers that a killed
process left running are joined by the next command and stopped after it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

import psycopg

from ctms.run import credentials, kernel, logins, places, postgres, redis

DATABASE = os.environ.get("CTMS_DB_NAME") or "ctms"  # tests have their own in the same server
POSTGRES_IS_EMBEDDED = not os.environ.get("DATABASE_URL")
REDIS_IS_EMBEDDED = not os.environ.get("REDIS_URL")


def is_used() -> bool:
    """Whether this environment leaves any server to us."""
    return POSTGRES_IS_EMBEDDED or REDIS_IS_EMBEDDED


@contextmanager
def servers() -> Iterator[None]:
    """Runs the body with the servers that are left to us up, the logins made and the database there."""
    if not is_used():
        yield
        return
    kernel.adopt_orphans()
    with _lock("users", fcntl.LOCK_SH) as users:
        try:
            with _lock("start", fcntl.LOCK_EX):
                opened_by = _clear_leftovers()
                revive()
                opened_by.write_text(_fingerprint())
                if POSTGRES_IS_EMBEDDED:
                    logins.make(dsn(postgres.ADMIN, "postgres"), database=DATABASE, passwords=_passwords())
            yield
        finally:
            with _lock("start", fcntl.LOCK_EX):
                if _am_last(users):
                    redis.stop()
                    postgres.stop()


def revive() -> bool:
    """Starts whichever server is down; tells whether there was one."""
    ours = ((postgres, POSTGRES_IS_EMBEDDED), (redis, REDIS_IS_EMBEDDED))
    dead = [server for server, embedded in ours if embedded and not server.is_running()]
    for server in dead:
        server.start()
    return bool(dead)


def migrate_if_needed() -> None:
    """Brings the embedded database up to this code. A new one is made *simulated*: it may follow the demo's clock."""
    if not POSTGRES_IS_EMBEDDED:
        return
    mark = places.SERVERS / "migrated"
    code = schema_hash()
    if mark.exists() and mark.read_text() == code:
        return
    migrate(DATABASE, simulated=not mark.exists())
    mark.write_text(code)


def migrate(database: str, *, simulated: bool) -> None:
    """Runs all migrations in `database` as the owner; makes it a simulated one if so."""
    command = [sys.executable, str(places.ROOT / "manage.py"), "migrate", "--verbosity=0"]
    environment = {**os.environ, "CTMS_DB_LOGIN": "owner", "CTMS_DB_NAME": database}
    subprocess.run(command, check=True, env=environment, stdout=sys.stderr)
    if simulated:
        with psycopg.connect(dsn(logins.OWNER, database)) as connection:
            connection.execute("update ctms_database set simulated = true")


def schema_hash() -> str:
    """Changes whenever a migration, a model or what protects the tables does."""
    digest = hashlib.sha256()
    for pattern in ("**/migrations/*.py", "**/models.py", "**/models/*.py", "ctms/core/**/*.py", "ctms/core/**/*.sql"):
        for path in sorted(places.ROOT.glob(pattern)):
            if ".venv" not in path.parts:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def dsn(login: str, database: str = DATABASE) -> str:
    """The connection string of one of our logins."""
    return postgres.dsn(login, _passwords()[login], database)


def remove() -> None:
    """Deletes the servers' data. Refuses while anybody uses them."""
    with _lock("users", fcntl.LOCK_SH) as users, _lock("start", fcntl.LOCK_EX):
        if not _am_last(users):
            raise RuntimeError("The servers are in use by another command of this clone; stop it first.")
        _erase()


def _erase() -> None:
    redis.stop()
    postgres.stop()
    for folder in (places.SERVERS, places.sockets()):
        shutil.rmtree(folder, ignore_errors=not folder.exists())


def _clear_leftovers() -> Path:
    """Removes servers' data that these credentials do not open; gives the file that says which do.

    Root's servers live outside the clone: they outlast one that was deleted without `make clean`, and a new clone at
    the same path finds them. A first start that was cut short leaves the like.
    """
    mark = places.SERVERS / "opened-by"
    known = mark.read_text() if mark.exists() else ""
    if places.SERVERS.exists() and known != _fingerprint():
        print(f"Removing {places.SERVERS}: an earlier clone left it, its passwords are gone.", file=sys.stderr)
        _erase()
    return mark


def _fingerprint() -> str:
    return hashlib.sha256(credentials.load().admin.encode()).hexdigest()


def _passwords() -> dict[str, str]:
    secret = credentials.load()
    return {
        postgres.ADMIN: secret.admin,
        logins.OWNER: secret.owner,
        logins.APP: secret.app,
        logins.READER: secret.reader,
    }


def _am_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def alone(name: str) -> AbstractContextManager[IO[str]]:
    """One process of this clone at a time has the lock of this name."""
    return _lock(name, fcntl.LOCK_EX)


@contextmanager
def _lock(name: str, how: int) -> Iterator[IO[str]]:
    with (places.make_private(places.VAR) / f"{name}.lock").open("a") as file:
        fcntl.flock(file, how)
        yield file


if __name__ == "__main__":  # `make clean`
    remove()
