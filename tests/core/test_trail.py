"""The trail is complete: whatever path a write takes, it leaves exact history in its transaction, or it is refused."""

import json
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Permission
from django.core import serializers
from django.db import DatabaseError, connection, models, transaction

from ctms.accounts.models import User
from ctms.core.acting import Channel, Service, acting, in_sponsor
from ctms.core.trail.history import regulated_models
from ctms.run import logins
from ctms.studies.models import VisitSchedule
from sites.models import Facility
from tests import database
from tests.factories import make

REGULATED = list(regulated_models())
EDITABLE = [model for model in REGULATED if not getattr(model, "only_grows", False)]
pytestmark = [pytest.mark.django_db, pytest.mark.requirement("P11-10e-1"), pytest.mark.shows("02-3")]


def by_name(model: type[models.Model]) -> str:
    return model._meta.label


def person(reason: str = "A person says why", model: Any = None) -> Any:
    return acting(Service("Test"), reason=reason, channel=door(model), by_person=True)


def door(model: Any) -> Channel:
    """The one through which this model is written; any serves for most."""
    return getattr(model, "only_through", None) or Channel.COMMAND


def history(row: models.Model) -> list[Any]:
    return list(type(row).history.filter(**{row._meta.pk.name: row.pk}).order_by("history_id"))


def image(row: Any, model: type[models.Model]) -> dict[str, Any]:
    """The tracked columns of a row or of a history row."""
    secret = model.history.model._history_excluded_fields
    return {f.attname: getattr(row, f.attname) for f in model._meta.concrete_fields if f.name not in secret}


def changeable(model: type[models.Model]) -> tuple[str, Any]:
    """A field of the model that can be changed without breaking a rule, and another value for it."""
    for field in model._meta.concrete_fields:
        is_free_text = isinstance(field, models.TextField | models.CharField) and not field.choices and field.editable
        if is_free_text and field.name not in ("path", "username", "code", "password", "number", "time_zone"):
            return field.name, "IS" if field.max_length == 2 else "changed"[: field.max_length]
    for field in model._meta.concrete_fields:
        if isinstance(field, models.PositiveSmallIntegerField | models.PositiveIntegerField):
            return field.name, 4321
        if isinstance(field, models.DateField):
            return field.name, "2031-01-01"
    if any(field.name == "removed" for field in model._meta.concrete_fields):
        return "removed", True
    for field in model._meta.concrete_fields:
        if isinstance(field, models.TextField) and field.choices and field.editable:
            return field.name, list(field.choices)[-1][0]
    return "permission", Permission.objects.get(codename="role_cra")


def refused(write: Any) -> str:
    """Runs a write that must fail, in a savepoint; the database's words."""
    with pytest.raises((DatabaseError, psycopg.Error)) as error, transaction.atomic():
        write()
    return str(error.value)


@pytest.fixture
def row(north: Any, request: pytest.FixtureRequest) -> models.Model:
    with person("Making it", request.param):
        return make(request.param)


@pytest.mark.parametrize("row", REGULATED, ids=by_name, indirect=True)
def test_creating_leaves_one_exact_row(row):
    row.refresh_from_db()
    (entry,) = history(row)
    assert image(entry, type(row)) == image(row, type(row))
    assert (entry.history_type, entry.history_actor, entry.history_change_reason) == ("+", "Test", "Making it")
    assert (entry.history_channel, entry.history_login, entry.history_simulated) == (door(type(row)), "ctms_app", True)
    with connection.cursor() as cursor:
        cursor.execute("select pg_current_xact_id()::text::bigint")
        assert entry.history_txid == cursor.fetchone()[0]


def plain(value: Any) -> Any:
    return getattr(value, "pk", value)


def saved(row: Any, field: str, value: Any) -> None:
    setattr(row, field, value)
    row.save()


def saved_field(row: Any, field: str, value: Any) -> None:
    setattr(row, field, value)
    row.save(update_fields=[field])


def updated(row: Any, field: str, value: Any) -> None:
    type(row)._base_manager.filter(pk=row.pk).update(**{field: value})


def bulk_updated(row: Any, field: str, value: Any) -> None:
    setattr(row, field, value)
    type(row)._base_manager.bulk_update([row], [field])


def upserted(row: Any, field: str, value: Any) -> None:
    setattr(row, field, value)
    type(row)._base_manager.bulk_create([row], update_conflicts=True, unique_fields=["pk"], update_fields=[field])


def by_sql(row: Any, field: str, value: Any) -> None:
    column = row._meta.get_field(field).column
    with connection.cursor() as cursor:
        cursor.execute(f'update {row._meta.db_table} set "{column}" = %s where id = %s', [plain(value), row.pk])


def from_fixture(row: Any, field: str, value: Any) -> None:
    (entry,) = json.loads(serializers.serialize("json", [row]))
    entry["fields"][field] = plain(value)
    for restored in serializers.deserialize("json", StringIO(json.dumps([entry]))):
        restored.save()


CHANGES = [saved, saved_field, updated, bulk_updated, upserted, by_sql, from_fixture]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("row", EDITABLE, ids=by_name, indirect=True)
def test_changing_leaves_one_exact_row_or_is_refused(row, change):
    field, value = changeable(type(row))
    with person("Changing it", type(row)):
        change(row, field, value)
    row = type(row)._base_manager.get(pk=row.pk)
    entries = history(row)
    assert [entry.history_type for entry in entries] == ["+", "~"]
    assert image(entries[-1], type(row)) == image(row, type(row))
    assert entries[-1].history_change_reason == "Changing it"
    assert str(getattr(entries[-1], row._meta.get_field(field).attname)) == str(plain(value))


@pytest.mark.parametrize("row", REGULATED, ids=by_name, indirect=True)
def test_deleting_and_truncating_are_refused(row):
    table = type(row)._meta.db_table
    with person():
        assert "permission denied" in refused(lambda: type(row)._base_manager.filter(pk=row.pk)._raw_delete("default"))
        assert "permission denied" in refused(lambda: run(f"delete from {table}"))
        assert "permission denied" in refused(lambda: run(f"truncate {table} cascade"))
    assert len(history(row)) == 1


@pytest.mark.parametrize("row", REGULATED, ids=by_name, indirect=True)
def test_without_an_act_nothing_is_written_even_where_no_row_matches(row):
    model, table = type(row), type(row)._meta.db_table
    field, value = changeable(model)
    for write in (
        lambda: updated(row, field, value),
        lambda: model._base_manager.filter(pk=-1).update(**{field: value}),
        lambda: run(f"update {table} set id = id where false"),
        lambda: make(model),
    ):
        words = refused(write)
        never_changes = getattr(model, "only_grows", False) and "permission denied" in words
        assert "no act is open" in words or never_changes, words
    assert len(history(row)) == 1


@pytest.mark.parametrize("row", EDITABLE, ids=by_name, indirect=True)
def test_an_update_that_changes_nothing_writes_nothing_and_a_key_never_changes(row):
    model = type(row)
    with person(model=model):
        row.refresh_from_db()
        row.save()
        model._base_manager.filter(pk=row.pk).update(**{changeable(model)[0]: getattr(row, changeable(model)[0])})
        assert "key of a record never changes" in refused(
            lambda: model._base_manager.filter(pk=row.pk).update(id=10**9)
        )
    assert len(history(row)) == 1


@pytest.mark.parametrize("model", REGULATED, ids=by_name)
@pytest.mark.requirement("P11-10e-3")
def test_history_cannot_be_touched_by_the_app(north, model):
    table = model.history.model._meta.db_table
    with person():
        for statement in (
            f"update {table} set history_actor = 'nobody'",
            f"delete from {table}",
            f"truncate {table}",
            f"insert into {table} (history_type, history_date) values ('+', now())",
            f"alter table {table} disable trigger all",
            f"alter table {model._meta.db_table} disable trigger all",
            f"drop trigger ctms_trail_insert on {model._meta.db_table}",
            f"alter table {table} drop column history_actor",
        ):
            words = refused(lambda statement=statement: run(statement))
            assert "permission denied" in words or "must be owner" in words, statement


def test_the_owner_cannot_touch_history_either(transactional_db):
    with database.connect(logins.OWNER) as owner:
        for model in REGULATED:
            table = model.history.model._meta.db_table
            for statement in (f"update {table} set history_actor = ''", f"delete from {table}", f"truncate {table}",
                              f"insert into {table} (history_type) values ('+')"):  # fmt: skip
                with pytest.raises(psycopg.Error, match="refused"), owner.transaction():
                    owner.execute(statement)


def test_there_is_no_way_up(db):
    for statement in (
        "set role ctms_owner",
        "set session authorization ctms_owner",
        "set session_replication_role = replica",
        "alter role ctms_app bypassrls",
        "create table mine (id int)",
    ):
        refused(lambda statement=statement: run(statement))
    run("reset role")  # undoes nothing: there is nothing to go back to
    assert ask("select current_user = 'ctms_app' and session_user = 'ctms_app'")


def test_a_write_after_a_nested_act_has_the_outer_name_and_none_after_the_last(north):
    with acting(Service("Outer"), reason="Outer reason", channel=Channel.COMMAND):
        with acting(Service("Inner"), reason="Inner reason"):
            inner = make(Facility)
        outer = make(Facility)
    assert [history(one)[0].history_actor for one in (inner, outer)] == ["Inner", "Outer"]
    assert "no act is open" in refused(lambda: make(Facility))


def test_a_rolled_back_savepoint_takes_history_and_settings_back(north):
    def make_and_fail():
        with acting(Service("Inner"), reason="Inner reason"):
            make(Facility)
            run("select 1/0")

    with acting(Service("Outer"), reason="Outer reason", channel=Channel.COMMAND):
        before = Facility.history.count()
        refused(make_and_fail)
        assert Facility.history.count() == before
        assert history(make(Facility))[0].history_actor == "Outer"


@pytest.mark.parametrize("model", [model for model in REGULATED if door(model) != Channel.COMMAND], ids=by_name)
def test_what_has_one_door_is_written_through_no_other(north, model):
    with person(model=model):
        row = make(model)
    field, value = changeable(model)
    for channel in set(Channel) - {door(model)}:
        with acting(Service("Test"), reason="Another door", channel=channel, by_person=True):
            for write in (lambda: updated(row, field, value), lambda: by_sql(row, field, value), lambda: make(model)):
                assert "only a feed writes it" in refused(write)
    assert len(history(row)) == 1


def test_an_act_needs_a_reason_and_psql_needs_an_act(transactional_db):
    for nothing in ("", "  ", " . "):
        with pytest.raises(ValueError, match="needs a reason"), acting(Service("Test"), reason=nothing):
            pass
    with database.connect(logins.OWNER) as owner:
        with pytest.raises(psycopg.Error, match="no act is open"), owner.transaction():
            owner.execute("update accounts_sponsor set name = 'x'")
        with owner.transaction():
            owner.execute("select ctms_open_act('Dana (database administrator)', 'Ticket 4711: name misspelt')")
            owner.execute("update accounts_sponsor set name = 'Sponsor North AG' where code = 'north'")
        (entry,) = owner.execute(
            """select history_actor, history_change_reason, history_channel, history_login, name
               from accounts_historicalsponsor where history_type = '~'"""
        ).fetchall()
    assert entry == (
        "Dana (database administrator)", "Ticket 4711: name misspelt", "psql", "ctms_owner", "Sponsor North AG",
    )  # fmt: skip


@pytest.mark.requirement("P11-10e-4")
def test_a_regulated_change_after_its_draft_needs_a_persons_reason(north):
    with acting(Service("Test"), reason="The act's own", channel=Channel.COMMAND):
        schedule = make(VisitSchedule)
        updated(schedule, "source_study", "OTHER-1")  # a draft
    with person():
        updated(schedule, "status", "APPROVED")
    with acting(Service("Test"), reason="The act's own", channel=Channel.COMMAND):
        assert "reason given by the person" in refused(lambda: updated(schedule, "source_study", "OTHER-2"))
    assert [entry.source_study for entry in history(schedule)] == ["", "OTHER-1", "OTHER-1"]
    with acting(Service("Test"), reason="Import", channel=Channel.IMPORT):
        updated(schedule, "source_study", "OTHER-3")
    assert history(schedule)[-1].source_study == "OTHER-3"


@pytest.mark.requirement("P11-10e-2")
def test_time_and_actor_are_the_databases(north, mara):
    with acting(mara, reason="Opening", channel=Channel.WEB):
        entry = history(make(Facility))[0]
    assert (entry.history_user_id, entry.history_actor) == (mara.pk, "Mara Lindqvist")
    assert entry.history_date == ask("select ctms_now()")
    assert Facility.history.filter(history_actor="").count() == 0


def test_secrets_stay_out_of_history(north):
    assert "password" not in {field.name for field in User.history.model._meta.concrete_fields}


def test_the_other_sponsor_writes_no_row_here(north, south):
    with person():
        assert "row-level security" in refused(lambda: make(Facility, sponsor_id=south.pk))
        with in_sponsor(south.pk):
            facility = make(Facility)
        assert not Facility.objects.filter(pk=facility.pk).exists()
        assert not Facility.history.filter(id=facility.pk).exists()


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def ask(question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]
