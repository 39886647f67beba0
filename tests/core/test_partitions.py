"""Tables that only grow: yearly partitions, each as closed as its parent; and fields that retire, keeping history."""

from typing import Any

import psycopg
import pytest
from django.db import connection, migrations, models, transaction
from django.db.migrations.state import ModelState, ProjectState

from audit.gaps import gaps_in
from audit.models import AccessEvent
from ctms.core.acting import Channel, Service, acting
from ctms.core.trail import partitions
from ctms.core.trail.history import TrailRow
from ctms.core.trail.operations import PartitionByYear, RetireField
from ctms.run import logins
from tests import database
from tests.factories import make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("02-3")]


def ask(login: str, question: str, *values: Any) -> list[Any]:
    with database.connect(login) as connected:
        return connected.execute(question, values).fetchall()


def test_a_years_partition_takes_its_rows_and_is_guarded_like_its_parent(north):
    with connection.cursor() as cursor:
        made = partitions.add_years(cursor, through=2032)
        assert ("audit_accessevent", 2032) in made
        assert ("audit_accessevent", 2024) not in made  # migrate made what the present needs
        assert partitions.add_years(cursor, through=2032) == []
    with transaction.atomic():
        make(AccessEvent)
    latest = "select tableoid::regclass::text from audit_accessevent order by id desc limit 1"
    assert ask(logins.OWNER, latest) == [("audit_accessevent_y2024",)]
    for login, words in ((logins.APP, "permission denied"), (logins.OWNER, "refused")):
        for statement in ("update audit_accessevent_y2024 set kind = 'x'", "delete from audit_accessevent_y2024",
                          "truncate audit_accessevent_y2024"):  # fmt: skip
            with pytest.raises(psycopg.Error, match=words):
                ask(login, statement)
    with pytest.raises(psycopg.Error, match="permission denied"):
        ask(logins.APP, "insert into audit_accessevent_y2024 (kind) values ('x')")
    forced = ask(
        logins.OWNER,
        "select relrowsecurity and relforcerowsecurity from pg_class where relname = 'audit_accessevent_y2024'",
    )
    assert forced == [(True,)]
    policies = "select policyname, qual, with_check from pg_policies where tablename = %s order by 1"
    assert ask(logins.OWNER, policies, "audit_accessevent_y2024") == ask(logins.OWNER, policies, "audit_accessevent")


def test_the_app_can_make_partitions_of_nothing_else(north):
    for parent, year in (("sites_site", 2030), ("audit_accessevent", 1066), ("pg_class", 2030)):
        with pytest.raises(psycopg.Error, match="no table partitioned by year"):
            ask(logins.APP, "select ctms_add_partition(%s, %s)", parent, year)


def test_a_temporary_table_is_not_taken_for_the_catalog(transactional_db):
    """Where the app may make temporary tables, the owner's functions must not read them instead of the catalog."""
    with database.connect(logins.OWNER) as owner:
        owner.execute(f"grant temporary on database {owner.info.dbname} to {logins.APP}")
    planted = "true); grant update on sites_historicalsite to ctms_app; create policy more on {} using (true"
    with database.connect(logins.APP, autocommit=True) as app:
        app.execute("create temp table pg_policies (policyname text, roles name[], qual text, with_check text,"
                    " tablename name)")  # fmt: skip
        app.execute("grant select on pg_policies to public")
        app.execute("insert into pg_policies values ('planted', '{ctms_app}', %s, 'true', 'audit_accessevent')",
                    [planted.format("audit_accessevent_y2190")])  # fmt: skip
        assert app.execute("select ctms_add_partition('audit_accessevent', 2190)").fetchone() == (True,)
    assert ask(logins.OWNER, "select has_table_privilege('ctms_app', 'sites_historicalsite', 'update')") == [(False,)]
    names = "select policyname::text from pg_policies where tablename = 'audit_accessevent_y2190' order by 1"
    assert ask(logins.OWNER, names) == [("ctms_owner",), ("ctms_tenant",)]


@pytest.mark.parametrize(
    ("column", "value"),
    [("at", "'2001-01-01'"), ("at", "now() + interval '1 day'"), ("is_simulated", "not ctms_is_simulated()")],
)
def test_the_access_log_is_not_dated_back(transactional_db, column, value):
    columns, values = "kind, actor_name, channel, subject, detail", "'SIGNED_IN', '', '', '', '{}'"
    with database.connect(logins.APP, autocommit=True) as app:
        app.execute(f"insert into audit_accessevent ({columns}) values ({values})")
        with pytest.raises(psycopg.Error, match="row-level security"):
            app.execute(f"insert into audit_accessevent ({columns}, {column}) values ({values}, {value})")


class _Scratch:
    """A regulated model and its history that exist only in a migration's state."""

    def __init__(self) -> None:
        key = ("id", models.BigAutoField(primary_key=True))
        fields = [
            ("sponsor_id", models.BigIntegerField()),
            ("colour", models.TextField()),
            ("size", models.TextField()),
        ]
        stamps = [(f.name, f.clone()) for f in TrailRow._meta.get_fields()]
        history = [
            ("id", models.BigIntegerField(null=True)),
            *((name, type(field)(null=True)) for name, field in fields),
            ("history_id", models.BigAutoField(primary_key=True)),
            ("history_date", models.DateTimeField()),
            ("history_type", models.CharField(max_length=1)),
            ("history_user_id", models.BigIntegerField(null=True)),
            ("history_change_reason", models.TextField(null=True)),
            *stamps,
        ]
        self.state = ProjectState()
        self.state.add_model(ModelState("sites", "Scratch", [key, *fields]))
        self.state.add_model(ModelState("sites", "HistoricalScratch", history))

    def apply(self, *operations: Any) -> None:
        """Runs operations as the owner, in this process's own connection settings."""
        settings = connection.settings_dict
        app = (settings["USER"], settings["PASSWORD"])
        connection.close()
        owner = psycopg.conninfo.conninfo_to_dict(database.embedded.dsn(logins.OWNER, database.NAME))
        settings["USER"], settings["PASSWORD"] = owner["user"], owner["password"]
        try:
            with (
                acting(Service("Migration"), reason="Test", channel=Channel.MIGRATION),
                connection.schema_editor() as editor,
            ):
                for operation in operations:
                    before = self.state.clone()
                    operation.state_forwards("sites", self.state)
                    operation.database_forwards("sites", editor, before, self.state)
        finally:
            connection.close()
            settings["USER"], settings["PASSWORD"] = app

    def create(self, *, partitioned: bool) -> None:
        for name in ("Scratch", "HistoricalScratch"):
            model = self.state.apps.get_model("sites", name)
            self.apply(migrations.RunPython(lambda apps, editor, model=model: editor.create_model(model)))
        if partitioned:
            self.apply(PartitionByYear("historicalscratch", time_field="history_date"))


ACT = "select ctms_open_act('Tester', 'Because')"
INSERT = "insert into sites_scratch (sponsor_id, colour, size) values (1, 'red', 'big') returning id"


def test_a_new_table_is_audited_from_its_first_row_and_its_history_can_be_partitioned(db):
    scratch = _Scratch()
    scratch.create(partitioned=True)
    with database.connect(logins.OWNER) as owner:
        with pytest.raises(psycopg.Error, match="no act is open"), owner.transaction():
            owner.execute(INSERT)
        with owner.transaction():
            owner.execute(ACT)
            owner.execute(INSERT)
            owner.execute("update sites_scratch set colour = 'blue'")
        rows = owner.execute(
            "select history_type, colour, history_actor from sites_historicalscratch order by history_id"
        ).fetchall()
        assert rows == [("+", "red", "Tester"), ("~", "blue", "Tester")]
        key = """select pg_get_constraintdef(oid) from pg_constraint
                 where conrelid = 'sites_historicalscratch'::regclass and contype = 'p'"""
        assert owner.execute(key).fetchall() == [("PRIMARY KEY (history_id, history_date)",)]
        part = "sites_historicalscratch_default"
        for statement in (
            f"update {part} set colour = ''", f"delete from {part}", f"truncate {part}",
            f"insert into {part} (colour) values ('')",
        ):  # fmt: skip
            with pytest.raises(psycopg.Error, match="refused"), owner.transaction():
                owner.execute(statement)


def test_a_retired_field_keeps_its_history_and_a_new_field_leaves_old_rows_alone(db):
    scratch = _Scratch()
    scratch.create(partitioned=False)
    with database.connect(logins.OWNER) as owner:
        owner.execute(ACT)
        owner.execute(INSERT)
    scratch.apply(
        RetireField("Scratch", "size"),
        migrations.AddField("Scratch", "weight", models.IntegerField(default=7)),
        migrations.AddField("HistoricalScratch", "weight", models.IntegerField(null=True)),
    )
    with database.connect(logins.OWNER) as owner:
        columns = owner.execute(
            "select column_name::text from information_schema.columns where table_name = 'sites_scratch'"
        ).fetchall()
        assert ("size",) not in columns
        assert owner.execute("select size, weight from sites_historicalscratch").fetchall() == [("big", None)]
        assert list(gaps_in(owner.cursor(), "sites_scratch")) == []
        owner.execute(ACT)
        owner.execute("update sites_scratch set colour = 'green'")
        latest = owner.execute(
            "select colour, size, weight from sites_historicalscratch order by history_id desc limit 1"
        ).fetchone()
        assert latest == ("green", None, 7)
    state = scratch.state.models["sites", "historicalscratch"]
    assert "size" not in state.fields
