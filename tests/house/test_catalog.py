"""The database is as declared: trail, guards, row-level security and grants of every table, partitions included."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.apps import apps

from ctms.core import grants
from ctms.core.reviewed import WITHOUT_TENANT_POLICY
from ctms.core.trail import install
from ctms.core.trail.history import regulated_models
from ctms.run import logins
from tests import database

pytestmark = [pytest.mark.django_db, pytest.mark.shows("02-7")]


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Connection]:
    """The owner, in a transaction that is rolled back."""
    with database.connect(logins.OWNER) as connection:
        yield connection
        connection.rollback()


def rows(connection: psycopg.Connection, question: str, *values: Any) -> list[Any]:
    return connection.execute(question, values).fetchall()


def trail_gaps(connection: psycopg.Connection) -> list[str]:
    """Regulated tables that lack an enabled trigger, and history tables that lack a guard."""
    wanted = []
    for model in regulated_models():
        base, history = model._meta.db_table, model.history.model._meta.db_table  # type: ignore[attr-defined]
        names = ("ctms_act", "ctms_guard_key", "ctms_guard_truncate")
        trail = ("ctms_trail_insert", "ctms_trail_update", "ctms_trail_delete")
        wanted += [(base, name) for name in (*names, *trail)] + [
            (table, name)
            for table in (history, *_partitions(connection, history))
            for name in ("ctms_guard", "ctms_guard_truncate")
        ]
    for model in apps.get_models():
        if getattr(model, "only_grows", False):
            tables = (model._meta.db_table, *_partitions(connection, model._meta.db_table))
            wanted += [(table, name) for table in tables for name in ("ctms_guard", "ctms_guard_truncate")]
    found = set(rows(connection, "select tgrelid::regclass::text, tgname::text from pg_trigger where tgenabled = 'O'"))
    return sorted(f"{table}: {name}" for table, name in set(wanted) - found)


def policy_gaps(connection: psycopg.Connection) -> list[str]:
    """Tables with a sponsor that are not closed to other sponsors, for every login but the owner."""
    tables = rows(
        connection,
        """select c.relname::text, c.relrowsecurity and c.relforcerowsecurity,
                  (select array_agg(p.policyname::text || coalesce(p.qual, '') || coalesce(p.with_check, '')
                                    order by p.policyname)
                   from pg_policies p where p.tablename = c.relname)
           from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'sponsor_id'
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')""",
    )
    gaps = []
    for table, is_forced, policies in tables:
        if table in WITHOUT_TENANT_POLICY:
            continue
        names = [policy[:11] for policy in policies or ()]
        closed = policies and all("ctms.sponsor" in policy for policy in policies if policy.startswith("ctms_tenant"))
        if not is_forced or names != ["ctms_ownert", "ctms_tenant"] or not closed:
            gaps.append(table)
    return sorted(gaps)


def grant_gaps(connection: psycopg.Connection) -> list[str]:
    """Differences between the grants that are declared and those in the catalog."""
    declared = {}
    for grant in grants.declared():
        if grant.app:
            declared[grant.table, logins.APP] = grant.app
        if grant.reader and not grant.hidden:  # a reader with hidden columns has rights by column
            declared[grant.table, logins.READER] = grant.reader
    with connection.cursor() as cursor:
        found = grants.found(cursor)
    differing = [key for key in declared.keys() | found.keys() if declared.get(key) != found.get(key)]
    return sorted(f"{table} to {login}: {sorted(found.get((table, login), ()))}" for table, login in differing)


def path_gaps(connection: psycopg.Connection) -> list[str]:
    """Functions of ours that would look into a caller's temporary tables before the catalog."""
    question = """select proname::text from pg_proc where pronamespace = 'public'::regnamespace
                  and not exists (select from unnest(proconfig) s where s ~ '^search_path=pg_catalog.*, pg_temp$')"""
    return [name for (name,) in rows(connection, question)]


def _partitions(connection: psycopg.Connection, table: str) -> list[str]:
    with connection.cursor() as cursor:
        return install.partitions_of(cursor, table)


GAPS = [trail_gaps, policy_gaps, grant_gaps, path_gaps]
PLANTED = {
    trail_gaps: "alter table sites_site disable trigger ctms_trail_update",
    policy_gaps: "drop policy ctms_tenant on sites_site",
    grant_gaps: "grant delete on sites_site to ctms_app",
    path_gaps: "alter function ctms_now() set search_path = pg_catalog, public",
}


@pytest.mark.parametrize("gaps", GAPS, ids=lambda gaps: gaps.__name__)
def test_the_catalog_is_as_declared(owner, gaps):
    assert gaps(owner) == []
    owner.execute(PLANTED[gaps])
    assert gaps(owner) != []


def test_partitions_have_no_grants_and_their_parents_policies(owner):
    partitions = "select inhrelid::regclass::text from pg_inherits join pg_class c on c.oid = inhrelid"
    granted = "select 1 from pg_class, aclexplode(relacl) a where oid = %s::regclass and a.grantee <> relowner"
    forced = "select relforcerowsecurity from pg_class where oid = %s::regclass"
    found = rows(owner, f"{partitions} where c.relkind = 'r'")
    assert found
    for (table,) in found:
        assert rows(owner, granted, table) == [], table
        assert rows(owner, forced, table) == [(True,)], table


def test_installing_again_changes_nothing(owner):
    """What stands in the catalog is what the current models and generator would write."""

    def image() -> list[Any]:
        functions = "select proname::text, pg_get_functiondef(oid) from pg_proc where proname like 'ctms%%' order by 1"
        triggers = "select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal order by 1"
        policies = "select * from pg_policies order by tablename, policyname"
        return [rows(owner, question) for question in (functions, triggers, policies)]

    from ctms.core import protect

    before = image()
    with owner.cursor() as cursor:
        protect.everything(cursor)
    assert image() == before
    forged = "create or replace function ctms_trail_sites_site() returns trigger language plpgsql as"
    owner.execute(f"{forged} 'begin return null; end'")
    assert image() != before


def test_there_are_no_naive_times_and_no_views_around_security(owner):
    naive = """select table_name, column_name from information_schema.columns
               where table_schema = 'public' and data_type = 'timestamp without time zone'"""
    assert rows(owner, naive) == []
    views = "select relname from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace"
    assert rows(owner, views) == []


def test_the_reader_sees_no_secret_and_writes_nothing(db):
    with database.connect(logins.READER) as reader:
        for statement in (
            "select password from accounts_user",
            "update sites_site set number = 'x'",
            "select * from accounts_session",
        ):
            with pytest.raises(psycopg.Error, match="permission denied"), reader.transaction():
                reader.execute(statement)  # type: ignore[arg-type]
        assert reader.execute("select count(username) > 0 from accounts_user").fetchone() == (True,)
        assert reader.execute("select count(*) from sites_site").fetchone() == (0,)
