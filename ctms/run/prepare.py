"""Makes the three logins and the database on a PostgreSQL of your own; safe to repeat, also to change passwords.

    python -m ctms.run.prepare

DATABASE_ADMIN_URL names a role that may create roles and databases. Names and passwords come from the three addresses
that the system will use (DATABASE_URL, DATABASE_OWNER_URL, DATABASE_READER_URL), so that nothing is written down twice.
Exit 0 when all is there; 2 with one sentence when something is missing or does not fit.
"""

import os
import sys
from collections.abc import Mapping

import psycopg
from psycopg.conninfo import conninfo_to_dict

from ctms.run import logins

ADDRESSES = {
    "DATABASE_URL": logins.APP,
    "DATABASE_OWNER_URL": logins.OWNER,
    "DATABASE_READER_URL": logins.READER,
}
_OLDEST = 18  # the first with uuidv7(), which the schema uses


class Unprepared(Exception):
    """One sentence: what is missing, or does not fit."""


def main() -> int:
    """Reads the environment and makes what it names."""
    try:
        admin = os.environ.get("DATABASE_ADMIN_URL", "")
        database, passwords = wanted(os.environ)
        if not admin:
            raise Unprepared("Set DATABASE_ADMIN_URL: a role that may create roles and databases.")
        _check_version(admin)
        logins.make(admin, database=database, passwords=passwords)
    except Unprepared as reason:
        print(reason, file=sys.stderr)
        return 2
    except psycopg.Error as error:
        print(f"PostgreSQL refused: {str(error).strip()}", file=sys.stderr)
        return 2
    print(f"{database} is there, with its logins {', '.join(passwords)}. Next: python manage.py migrate")
    return 0


def wanted(environment: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The database's name and the password of each login, from the three addresses.

    Raises:
        Unprepared: an address is missing, names another login or database than it should, or has no password.
    """
    passwords, databases = {}, set()
    for variable, login in ADDRESSES.items():
        parts = _parts(variable, environment.get(variable, ""))
        if parts.get("user") != login:
            raise Unprepared(f"{variable} must connect as {login}: the schema grants rights to that name.")
        if not parts.get("password"):
            raise Unprepared(f"{variable} must hold the password that {login} shall have.")
        passwords[login] = str(parts["password"])
        databases.add(str(parts.get("dbname") or ""))
    if len(databases) != 1 or "" in databases:
        raise Unprepared(f"{', '.join(ADDRESSES)} must name the same database.")
    return databases.pop(), passwords


def _parts(variable: str, address: str) -> Mapping[str, object]:
    if not address:
        raise Unprepared(f"Set {variable}: postgresql://{ADDRESSES[variable]}:<password>@<host>/<database>")
    try:
        return conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise Unprepared(f"{variable} is no address of a PostgreSQL database.") from None


def _check_version(admin: str) -> None:
    with psycopg.connect(admin) as connection:
        version = connection.info.server_version // 10000
    if version < _OLDEST:
        raise Unprepared(f"The server is PostgreSQL {version}; {_OLDEST} or newer is needed.")


if __name__ == "__main__":
    sys.exit(main())
