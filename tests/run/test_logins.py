"""The logins: made by `ctms.run.prepare` on any PostgreSQL, and refused where they may too much."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ctms.run import embedded, logins
from ctms.run.places import ROOT
from tests import database

# A server of its own, in its own folder, without logins; an administrator that is no superuser, as providers give one.
_ON_A_NEW_SERVER = """
import os, psycopg
from ctms.run import credentials, embedded, postgres, prepare

postgres.start()
try:
    address = postgres.dsn("{name}", "{password}", "{database}").format
    admin = postgres.dsn(postgres.ADMIN, credentials.load().admin, "postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("create role provider login createrole createdb password 'p'")
    os.environ["DATABASE_ADMIN_URL"] = address(name="provider", password="p", database="postgres")
    for password in ("first", "second"):
        if password == "second":  # as in a database made by somebody else
            with psycopg.connect(admin, autocommit=True) as connection:
                connection.execute("grant temporary on database ours to public")
        for variable, name in prepare.ADDRESSES.items():
            os.environ[variable] = address(name=name, password=password, database="ours")
        assert prepare.main() == 0
    for name in ("ctms_owner", "ctms_app", "ctms_reader"):
        with psycopg.connect(address(name=name, password="second", database="ours")) as connection:
            powers = "rolsuper or rolcreatedb or rolcreaterole or rolbypassrls"
            question = f"select {powers} from pg_roles where rolname = session_user"
            assert connection.execute(question).fetchone() == (False,)
            made = "select has_database_privilege('ours', 'create')"
            assert connection.execute(made).fetchone() == (name == "ctms_owner",)
            asked = "select has_database_privilege('ours', 'temporary')"
            assert connection.execute(asked).fetchone() == (name != "ctms_reader",)
finally:
    embedded.remove()
"""


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )


def connect(**environment: str) -> str:
    """What a process says that only connects, on servers of one's own; "" when it can."""
    ask = "import django; django.setup(); from django.db import connection; connection.ensure_connection()"
    settings = {"DJANGO_SETTINGS_MODULE": "ctms.settings", "REDIS_URL": "redis://localhost"}
    done = run("-c", ask, **settings, **environment)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def test_prepare_makes_the_logins_and_changes_their_passwords(tmp_path: Path) -> None:
    done = run("-c", _ON_A_NEW_SERVER, CTMS_VAR=str(tmp_path / "var"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("ours is there, with its logins ctms_app, ctms_owner, ctms_reader.") == 2


@pytest.mark.django_db
def test_the_app_connects() -> None:
    assert connect(DATABASE_URL=embedded.dsn(logins.APP, database.NAME)) == ""


@pytest.mark.django_db
def test_the_app_refuses_to_be_the_owner() -> None:
    refusal = connect(DATABASE_URL=embedded.dsn(logins.OWNER, database.NAME))
    assert "The app process connects as ctms_owner, which owns the database" in refusal


@pytest.mark.django_db
def test_production_refuses_a_simulated_database() -> None:
    address = embedded.dsn(logins.APP, database.NAME)
    refusal = connect(DATABASE_URL=address, CTMS_PRODUCTION="1", CTMS_SECRET_KEY="k" * 50)
    assert "This database is a simulated one, made for trying out: production does not use it." in refusal


@pytest.mark.django_db
def test_production_uses_one_that_is_not() -> None:
    with database.empty("real") as name:
        address = embedded.dsn(logins.APP, name)
        assert connect(DATABASE_URL=address, CTMS_PRODUCTION="1", CTMS_SECRET_KEY="k" * 50) == ""
