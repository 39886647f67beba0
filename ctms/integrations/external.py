"""What is another system's to say is written through a feed and no other door. For migrations."""

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
