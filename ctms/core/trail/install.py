"""Writes the triggers, guards and row-level security of one table, from the table's own columns.

Called by the schema editor whenever a table is made or altered, and for all tables at the end of `manage.py migrate`
(then with what only the models know: which changes need a person's reason, which tables hold events).
"""

from dataclasses import dataclass
from importlib import resources
from typing import Any

from ctms.core.reviewed import MAY_LACK_A_SPONSOR, STAMPED, WITHOUT_TENANT_POLICY
from ctms.run.logins import APP, OWNER, READER

_EXEMPT_CHANNELS = ("feed", "import", "migration")  # a person's reason cannot be asked for there


@dataclass(frozen=True)
class Pair:
    """A regulated table and its history, by django-simple-history's naming."""

    base: str
    history: str

    @classmethod
    def of(cls, table: str) -> "Pair":
        app, _, model = table.partition("_")
        model = model.removeprefix("historical")
        return cls(f"{app}_{model}", f"{app}_historical{model}")


def frame(cursor: Any) -> None:
    """Installs what all tables share: the clock and the functions behind guards and trail."""
    cursor.execute(resources.files(__package__).joinpath("sql/frame.sql").read_text())
    cursor.execute("revoke all on all functions in schema public from public")
    cursor.execute(f"grant execute on function ctms_now(), ctms_is_simulated() to {APP}, {READER}")
    cursor.execute(
        f"grant execute on function ctms_open_act(text, text, bigint), ctms_add_partition(text, int) to {APP}"
    )


def protect(cursor: Any, table: str, *, person_reason_if: str = "") -> None:
    """Installs on `table`, and its regulated or history twin, whatever their columns call for.

    Args:
        person_reason_if: SQL over `o`, the row before the change; where true, UPDATE and DELETE need a person's reason.
    """
    pair = Pair.of(table)
    base, history = _columns(cursor, pair.base), _columns(cursor, pair.history)
    for name, columns in ((pair.base, base), (pair.history, history)):
        if "sponsor_id" in columns and name not in WITHOUT_TENANT_POLICY:
            isolate(cursor, name, columns)
    if base and history:
        key = key_of(cursor, pair.base)
        _trail(cursor, pair, list(copied_columns(cursor, pair)), key, person_reason_if)
        guard(cursor, pair.history, "history")
    for child in partitions_of(cursor, table):
        cursor.execute("select ctms_guard_partition(%s, %s)", [table, child])


def isolate(cursor: Any, table: str, columns: list[str]) -> None:
    """Forces row-level security: the owner sees all, the other logins one sponsor's rows, blinded unless told."""
    rule = "sponsor_id = (select nullif(current_setting('ctms.sponsor', true), '')::bigint)"
    if "partition" in columns:
        unblinded = "(select nullif(current_setting('ctms.unblinded', true), ''))::bigint[]"
        rule += f" and (partition = 'BLINDED' or study_id = any({unblinded}))"
    if table in MAY_LACK_A_SPONSOR:
        rule = f"({rule}) or (sponsor_id is null and nullif(current_setting('ctms.sponsor', true), '') is null)"
    check = f"({rule}) and {STAMPED[table]}" if table in STAMPED else rule
    cursor.execute(f"""
        alter table {table} enable row level security;
        alter table {table} force row level security;
        drop policy if exists ctms_owner on {table};
        drop policy if exists ctms_tenant on {table};
        create policy ctms_owner on {table} to {OWNER} using (true) with check (true);
        create policy ctms_tenant on {table} to {APP}, {READER} using ({rule}) with check ({check});
    """)


def guard(cursor: Any, table: str, kind: str) -> None:
    """Refuses change to a table of `kind` "history" (only its trail function adds) or "events" (anyone may add)."""
    refused = "insert or update or delete" if kind == "history" else "update or delete"
    cursor.execute(f"""
        create or replace trigger ctms_guard before {refused} on {table}
            for each statement execute function ctms_guard_{kind}();
        create or replace trigger ctms_guard_truncate before truncate on {table}
            for each statement execute function ctms_guard_truncate();
    """)


def _trail(cursor: Any, pair: Pair, columns: list[str], key: str, person_reason_if: str) -> None:
    cursor.execute(_trail_function(pair, columns, key, person_reason_if))
    cursor.execute(f"""
        revoke all on function {_function(pair)}() from public;
        create or replace trigger ctms_act before insert or update or delete on {pair.base}
            for each statement execute function ctms_demand_act();
        create or replace trigger ctms_guard_key before update of {key} on {pair.base}
            for each statement execute function ctms_guard_key();
        create or replace trigger ctms_guard_truncate before truncate on {pair.base}
            for each statement execute function ctms_guard_truncate();
        create or replace trigger ctms_trail_insert after insert on {pair.base}
            referencing new table as new_rows for each statement execute function {_function(pair)}();
        create or replace trigger ctms_trail_update after update on {pair.base}
            referencing old table as old_rows new table as new_rows
            for each statement execute function {_function(pair)}();
        create or replace trigger ctms_trail_delete after delete on {pair.base}
            referencing old table as old_rows for each statement execute function {_function(pair)}();
    """)


def _function(pair: Pair) -> str:
    return f"ctms_trail_{pair.base}"


def _trail_function(pair: Pair, columns: list[str], key: str, person_reason_if: str) -> str:
    """The function behind the three trail triggers.

    Nested loops are off because the cached plan otherwise joins the two transition tables row by row.
    """
    listed = ", ".join(f'"{column}"' for column in columns)
    old, new = (", ".join(f'{row}."{column}"' for column in columns) for row in "on")
    changed = f"row({new}) is distinct from row({old})"
    record = f"""
        insert into public.{pair.history} ({listed}, history_type, history_date, history_act, history_user_id,
            history_actor, history_change_reason, history_channel, history_txid, history_login, history_simulated)
        select {{row}}, '{{kind}}', ctms_now(), current_setting('ctms.act')::uuid,
            nullif(current_setting('ctms.actor_id', true), '')::bigint, current_setting('ctms.actor'),
            current_setting('ctms.reason'), current_setting('ctms.channel'), pg_current_xact_id()::text::bigint,
            session_user::text, ctms_is_simulated()
        from {{source}}"""
    both = f"new_rows n join old_rows o on o.{key} = n.{key} where {changed}"
    demand = """
        if current_setting('ctms.by_person', true) is distinct from 'yes'
           and current_setting('ctms.channel', true) not in ({channels})
           and exists (select from {source})
        then
            raise exception 'This change to % needs a reason given by the person who makes it.', tg_table_name
                using errcode = 'check_violation';
        end if;"""
    exempt = ", ".join(f"'{channel}'" for channel in _EXEMPT_CHANNELS)
    update_demand = delete_demand = ""
    if person_reason_if:
        update_demand = demand.format(channels=exempt, source=f"{both} and ({person_reason_if})")
        delete_demand = demand.format(channels=exempt, source=f"old_rows o where {person_reason_if}")
    return f"""
create or replace function {_function(pair)}() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set enable_nestloop = off as $trail$
begin
    if tg_op = 'INSERT' then
        {record.format(row=new, kind="+", source="new_rows n")};
    elsif tg_op = 'UPDATE' then{update_demand}
        {record.format(row=new, kind="~", source=both)};
    else{delete_demand}
        {record.format(row=old, kind="-", source="old_rows o")};
    end if;
    return null;
end $trail$"""


def date_column(cursor: Any, table: str, column: str) -> None:
    """Notes on a history table's new column since when there is such a column; rows from before say nothing of it."""
    if Pair.of(table).history == table:
        cursor.execute("select ctms_now()::text")
        cursor.execute(f"""comment on column {table}."{column}" is '{cursor.fetchone()[0]}'""")


def copied_columns(cursor: Any, pair: Pair) -> dict[str, str | None]:
    """The columns that the trail copies -> since when, for those that are younger than their table."""
    cursor.execute(
        """select h.attname, col_description(h.attrelid, h.attnum)
           from pg_attribute h join pg_attribute b on b.attname = h.attname and b.attrelid = to_regclass(%s)
           where h.attrelid = to_regclass(%s) and b.attnum > 0 and not b.attisdropped and not h.attisdropped
           order by b.attnum""",
        [f"public.{pair.base}", f"public.{pair.history}"],
    )
    return dict(cursor.fetchall())


def partitions_of(cursor: Any, table: str) -> list[str]:
    """The partitions of `table`, oldest first; none for an ordinary table."""
    cursor.execute(
        """select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = to_regclass(%s) and c.relkind = 'r' order by 1""",
        [f"public.{table}"],
    )
    return [name for (name,) in cursor.fetchall()]


def _columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(
        """select attname from pg_attribute
           where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum""",
        [f"public.{table}"],
    )
    return [name for (name,) in cursor.fetchall()]


def key_of(cursor: Any, table: str) -> str:
    """The column of the primary key."""
    cursor.execute(
        """select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
           where i.indrelid = to_regclass(%s) and i.indisprimary""",
        [f"public.{table}"],
    )
    (key,) = cursor.fetchone()
    return str(key)
