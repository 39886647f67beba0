"""What is another system's to say: through which door it is written, and of whom it is. For migrations."""

from collections.abc import Sequence

FUNCTION = """
create or replace function ctms_demand_feed() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $feed$
begin
    if current_setting('ctms.channel', true) is distinct from 'feed' then
        raise exception 'What % holds is said by its system of record: only a feed writes it.', tg_table_name
            using errcode = 'insufficient_privilege';
    end if;
    return null;
end $feed$;
revoke all on function ctms_demand_feed() from public;
"""


def only_by_feeds(table: str, columns: Sequence[str] = ()) -> str:
    """Triggers that refuse every write outside a feed's act; with `columns`, updates of those alone."""
    of = f" of {', '.join(columns)}" if columns else ""
    return f"""
create or replace trigger ctms_feed before insert or update{of} or delete on {table}
    for each statement execute function ctms_demand_feed();"""


# Facts come by the million, and a foreign key would ask for the connection of each. These ask once a statement.
OF_A_CONNECTION = """
create or replace function ctms_facts_of_connection() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $facts$
declare
    owner record;
begin
    for owner in select distinct sponsor_id, connection_id from new_rows order by 1, 2 loop
        perform from public.integrations_connection c
            where c.sponsor_id = owner.sponsor_id and c.id = owner.connection_id for key share;
        if not found then
            raise exception 'Facts belong to a connection of their own sponsor.'
                using errcode = 'foreign_key_violation', constraint = 'integrations_sourcefact_connection_key';
        end if;
    end loop;
    return null;
end $facts$;
create or replace function ctms_connection_of_facts() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $facts$
begin
    if exists (select from public.integrations_sourcefact where connection_id = old.id) then
        raise exception 'A connection with facts stays, and stays its sponsor''s.'
            using errcode = 'foreign_key_violation', constraint = 'integrations_sourcefact_connection_key';
    end if;
    return coalesce(new, old);
end $facts$;
revoke all on function ctms_facts_of_connection(), ctms_connection_of_facts() from public;
create or replace trigger ctms_connection_insert after insert on integrations_sourcefact
    referencing new table as new_rows for each statement execute function ctms_facts_of_connection();
create or replace trigger ctms_connection_update after update on integrations_sourcefact
    referencing new table as new_rows for each statement execute function ctms_facts_of_connection();
create or replace trigger ctms_facts_delete before delete on integrations_connection
    for each row execute function ctms_connection_of_facts();
create or replace trigger ctms_facts_update before update of sponsor_id on integrations_connection
    for each row when (old.sponsor_id <> new.sponsor_id) execute function ctms_connection_of_facts();
"""
