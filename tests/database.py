"""The tests' database: migrated once per schema, seeded once per code, copied per run in a tenth of a second.

The suite works as the *app* login, under all guards. A test that commits does not clean up after itself: its database
is dropped and copied anew, so no code needs a way around the guards.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

import psycopg
from psycopg import sql

from ctms.run import embedded, logins, places, postgres

NAME = f"ctms_test_{os.getpid()}"
_MIGRATED, _SEEDED = "ctms_migrated_", "ctms_seeded_"


@contextmanager
def prepared() -> Iterator[str]:
    """Servers up, template built where the code changed, a copy made; its name. Dropped in the end."""
    with embedded.servers():
        template = _template()
        _drop_left_over()
        _copy(template, NAME)
        try:
            yield NAME
        finally:
            _drop(NAME)


def renew() -> None:
    """Throws the copy away, connections and all, and makes a new one."""
    _drop(NAME)
    _copy(_template(), NAME)


def connect(login: str = logins.APP, **options: object) -> psycopg.Connection:
    """A connection of its own to the tests' database."""
    return psycopg.connect(embedded.dsn(login, NAME), **options)  # type: ignore[arg-type]


@contextmanager
def copied(name: str) -> Iterator[str]:
    """A seeded database of its own, for a server that runs beside the tests."""
    name = f"{NAME}_{name}"
    _copy(_template(), name)
    try:
        yield name
    finally:
        _drop(name)


@contextmanager
def empty(name: str) -> Iterator[str]:
    """A migrated database with nothing in it, not simulated: as a real one begins."""
    name = f"{NAME}_{name}"
    _copy(_migrated(), name)
    try:
        yield name
    finally:
        _drop(name)


@cache
def _template() -> str:
    with embedded.alone("test-template"):  # the suite runs in several processes
        return _built_template()


def _built_template() -> str:
    name = _SEEDED + _code_hash()
    if not _exists(name):
        _drop_others(_SEEDED)
        with _whole_or_not_at_all(name) as unfinished:
            _copy(_migrated(), unfinished)
            with psycopg.connect(embedded.dsn(logins.OWNER, unfinished)) as connection:
                connection.execute("update ctms_database set simulated = true")
            environment = {
                **os.environ,
                "CTMS_DB_NAME": unfinished,
                "CTMS_DB_LOGIN": "app",
                "CTMS_PROCESS": "test-seed",
            }
            subprocess.run([sys.executable, "-m", "tests.seed"], check=True, env=environment, cwd=places.ROOT)
    return name


def _migrated() -> str:
    name = _MIGRATED + embedded.schema_hash()[:12]
    if not _exists(name):
        _drop_others(_MIGRATED)
        with _whole_or_not_at_all(name) as unfinished:
            with _admin() as admin:
                logins.create_database(admin, unfinished)
            embedded.migrate(unfinished, simulated=False)
    return name


@contextmanager
def _whole_or_not_at_all(name: str) -> Iterator[str]:
    """A name to build under: a run that is killed leaves no half of a template for the next one to trust."""
    unfinished = name + "_unfinished"
    _drop(unfinished)
    yield unfinished
    with _admin() as admin:
        rename = sql.SQL("alter database {} rename to {}")
        admin.execute(rename.format(*map(sql.Identifier, (unfinished, name))))


def _code_hash() -> str:
    digest = hashlib.sha256(embedded.schema_hash().encode())
    packages = [f"{package}/**/*.py" for package in ("ctms", "sites", "enrollment", "monitoring", "finance", "audit")]
    for pattern in (
        *packages, "sites/**/*.yaml", "finance/**/*.sql", "tests/seed.py", "tests/calendar.py",
        "ctms/demo/data/**/*.json",
    ):  # fmt: skip
        for path in sorted(places.ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _admin() -> psycopg.Connection:
    return psycopg.connect(embedded.dsn(postgres.ADMIN, "postgres"), autocommit=True)


def _exists(name: str) -> bool:
    with _admin() as admin:
        return bool(admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone())


def _copy(template: str, name: str) -> None:
    with _admin() as admin:
        make = sql.SQL("create database {} template {} owner {} strategy file_copy")
        admin.execute(make.format(*map(sql.Identifier, (name, template, logins.OWNER))))
        admin.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
        roles = sql.SQL(", ").join(map(sql.Identifier, (logins.APP, logins.READER)))
        admin.execute(sql.SQL("grant connect on database {} to {}").format(sql.Identifier(name), roles))
        admin.execute(
            sql.SQL("grant temporary on database {} to {}").format(sql.Identifier(name), sql.Identifier(logins.APP))
        )


def _drop(name: str) -> None:
    with _admin() as admin:
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _named(prefix: str) -> list[str]:
    with _admin() as admin:
        names = admin.execute("select datname from pg_database where starts_with(datname, %s)", [prefix]).fetchall()
    return [name for (name,) in names]


def _drop_others(prefix: str) -> None:
    for name in _named(prefix):
        _drop(name)


def _drop_left_over() -> None:
    """Copies of runs that were killed."""
    for name in _named("ctms_test_"):
        with suppress(ValueError, PermissionError):
            pid = int(name.split("_")[2])
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                _drop(name)
