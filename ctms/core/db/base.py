"""Django's PostgreSQL backend, with three additions; `ENGINE = "ctms.core.db"`.

1. At the start of each outermost transaction the ambient act, sponsor and clock become transaction-local settings.
2. A process that should be the app or the reader refuses to work as an owner or superuser, and production refuses a
   simulated database.
3. The schema editor installs trail, guards and policies with the tables (`schema.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg.pq import TransactionStatus

from ctms.core import acting, snapshots
from ctms.core.db.schema import DatabaseSchemaEditor


class Operations(DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """For the query log. psycopg forgets a query that it has prepared before."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
    ops_class = Operations
    _checked_logins: ClassVar[set[str]] = set()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        self._refuse_wrong_database(connection)
        return connection

    @contextmanager
    def planned_once(self) -> Iterator[None]:
        """Has PostgreSQL keep the plans of the queries asked in the block, for the next time this connection asks them.

        Values then travel apart from the statement, so their types must show from it.
        """
        self.ensure_connection()
        connection = self.connection
        usual, connection.cursor_factory = connection.cursor_factory, base.ServerBindingCursor
        try:
            yield
        finally:
            connection.cursor_factory = usual

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # missing in the stubs
        if not autocommit:
            if first := snapshots.first_statement():
                self.connection.execute(first)
            self.tell_settings()

    def tell_settings(self) -> None:
        """Makes the ambient act, sponsor and clock this transaction's own. One round trip, outside Django's query log.

        In a failed transaction nothing can be said; the rollback that must follow also takes the settings back to what
        they were at its savepoint.
        """
        if self.connection is None or self.connection.info.transaction_status == TransactionStatus.INERROR:
            return
        told = acting.database_settings()
        calls = ", ".join(["set_config(%s, %s, true)"] * len(told))
        with self.wrap_database_errors:
            self.connection.execute(f"select {calls}", [word for pair in told.items() for word in pair])

    def _refuse_wrong_database(self, connection: Any) -> None:
        if settings.DATABASE_LOGIN == "owner" or settings.DATABASE_LOGIN in self._checked_logins:
            return
        login, powerful = connection.execute(
            """select session_user, rolsuper or rolbypassrls or rolcreaterole
                   or exists (select from pg_database where datname = current_database()
                              and pg_has_role(session_user, datdba, 'member'))
               from pg_roles where rolname = session_user"""
        ).fetchone()
        simulated = self._is_simulated(connection) if settings.PRODUCTION else False
        connection.rollback()
        if simulated:
            connection.close()
            raise ImproperlyConfigured(
                "This database is a simulated one, made for trying out: production does not use it."
            )
        if powerful:
            connection.close()
            raise ImproperlyConfigured(
                f"The {settings.DATABASE_LOGIN} process connects as {login}, which owns the database or may bypass its "
                "row-level security. Use the login made for it (docs/deploying.md)."
            )
        self._checked_logins.add(settings.DATABASE_LOGIN)

    @staticmethod
    def _is_simulated(connection: Any) -> bool:
        if connection.execute("select to_regprocedure('ctms_is_simulated()')").fetchone()[0] is None:
            return False  # not migrated yet
        return bool(connection.execute("select ctms_is_simulated()").fetchone()[0])
