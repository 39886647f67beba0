"""The three database logins and the database itself: made by an administrator, once, never in a migration.

owner   owns tables and functions; runs migrations and test set-up. Not a superuser, bound by row-level security too.
app     what web, worker and commands use: no DDL, no history writes, no rows without a sponsor.
reader  read-only reporting, under the same row-level security.
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql

OWNER, APP, READER = "ctms_owner", "ctms_app", "ctms_reader"
_LOCK = 0x43544D53  # one maker at a time, cluster-wide
_CREATE = sql.SQL("create role {login} login nosuperuser nocreatedb nocreaterole nobypassrls password {password}")
_ALTER = sql.SQL("alter role {login} login password {password}")


def make(admin_dsn: str, *, database: str, passwords: Mapping[str, str]) -> None:
    """Creates the logins with these passwords and `database`, owned by the owner login. Safe to repeat.

    Args:
        admin_dsn: connection string of a role that may create roles and databases, on a maintenance database.
        passwords: one for each of OWNER, APP and READER.
    """
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_LOCK])
        for login in (OWNER, APP, READER):
            known = connection.execute("select 1 from pg_roles where rolname = %s", [login]).fetchone()
            # Who is no superuser may not even repeat of a role that it is none.
            make_or_alter = _ALTER if known else _CREATE
            connection.execute(
                make_or_alter.format(login=sql.Identifier(login), password=sql.Literal(passwords[login]))
            )
        create_database(connection, database)


def create_database(connection: psycopg.Connection, database: str) -> None:
    """Creates `database` (template0, UTF-8) where missing; closes it, new or found, to all but the three logins."""
    name = sql.Identifier(database)
    if not connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
        _create_empty(connection, name)
    connection.execute(sql.SQL("revoke all on database {} from public").format(name))
    logins = sql.SQL(", ").join(map(sql.Identifier, (APP, READER)))
    connection.execute(sql.SQL("grant connect on database {} to {}").format(name, logins))
    # Feeds are laid out in temporary tables. No function of ours looks into a caller's: tests/house/test_catalog.py.
    connection.execute(sql.SQL("grant temporary on database {} to {}").format(name, sql.Identifier(APP)))


def _create_empty(connection: psycopg.Connection, name: sql.Identifier) -> None:
    # An administrator that is not a superuser must be a member of the owner to give it a database.
    asked = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    if not (asked and asked[0]):
        connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(OWNER)))
    connection.execute(
        sql.SQL("create database {} owner {} template template0 encoding 'UTF8'").format(name, sql.Identifier(OWNER))
    )
