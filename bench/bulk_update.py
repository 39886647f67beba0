"""A bulk UPDATE of 20,000 sites with its trail, against the same statement on a table without one."""

from collections.abc import Callable

import psycopg
from django.db import connection
from django.db.models import F, Func, Value
from psycopg import sql

from bench.arms import Workload
from bench.population import at_work
from ctms.accounts.models import Sponsor
from ctms.core.acting import in_sponsor
from ctms.run import embedded, logins
from sites.models import Site

_MOVED = Func(F("status_on"), Value(1), template="%(expressions)s", arg_joiner=" + ")


def workload(database: str, sponsor: Sponsor) -> Workload:
    """The same rows three times: as they are, with policies but no trail, and bare."""
    owner = psycopg.connect(embedded.dsn(logins.OWNER, database), autocommit=True)
    for table in ("bench_untrailed", "bench_bare"):
        _copy(owner, table)
    _close(owner, "bench_untrailed")
    statement, values = _statement()
    app = psycopg.connect(embedded.dsn(logins.APP, database), autocommit=True)

    def audited() -> None:
        with in_sponsor(sponsor.pk), at_work():
            Site.objects.update(status_on=_MOVED)

    def untrailed() -> None:
        with in_sponsor(sponsor.pk), at_work(), connection.cursor() as cursor:
            cursor.execute(statement.replace("sites_site", "bench_untrailed"), values)

    def bare() -> None:
        app.execute("update bench_bare set status_on = status_on + 1")

    def swept() -> None:
        for table in ("sites_site", "bench_untrailed", "bench_bare"):
            owner.execute(sql.SQL("vacuum {}").format(sql.Identifier(table)))

    arms: dict[str, Callable[[], object]] = {"audited": audited, "unaudited": untrailed, "raw Postgres": bare}
    return Workload("bulk update of 20,000 sites", arms, "audited", "unaudited", "raw Postgres", 2.5, between=swept)


def _statement() -> tuple[str, tuple[object, ...]]:
    """What the ORM says for the audited arm, so that the other arm says the same."""
    seen: list[tuple[str, tuple[object, ...]]] = []

    def noted(execute: Callable[..., object], text: str, values: tuple[object, ...], *rest: object) -> object:
        seen.append((text, values))
        return execute(text, values, *rest)

    with at_work(), connection.execute_wrapper(noted):
        Site.objects.update(status_on=_MOVED)
    return next(found for found in seen if found[0].startswith("UPDATE"))


def _copy(owner: psycopg.Connection, table: str) -> None:
    names = {"table": sql.Identifier(table), "app": sql.Identifier(logins.APP)}
    owner.execute(sql.SQL("create table {table} (like sites_site including all)").format(**names))
    owner.execute(sql.SQL("insert into {table} overriding system value select * from sites_site").format(**names))
    owner.execute(sql.SQL("grant select, insert, update on {table} to {app}").format(**names))
    owner.execute(sql.SQL("vacuum analyze {table}").format(**names))


def _close(owner: psycopg.Connection, table: str) -> None:
    """Row-level security as on the original."""
    question = "select policyname, qual, with_check, roles from pg_policies where tablename = 'sites_site'"
    name = sql.Identifier(table)
    for policy, using, check, roles in owner.execute(question).fetchall():
        owner.execute(
            sql.SQL("create policy {} on {} to {} using ({}) with check ({})").format(
                sql.Identifier(policy), name, sql.SQL(", ").join(map(sql.SQL, roles)), sql.SQL(using),
                sql.SQL(check or using),
            )
        )  # fmt: skip
    owner.execute(sql.SQL("alter table {} enable row level security").format(name))
    owner.execute(sql.SQL("alter table {} force row level security").format(name))
