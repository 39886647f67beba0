"""A reply is neither moved out of a run that has ended nor into one: both runs are looked at."""

from django.db import migrations

_STAND = """
create or replace function integrations_replies_stand() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if exists (
        select from unnest(array[old.run_id, new.run_id]) as named (run)
        where run is not null
          and not exists (select from integrations_feedrun where id = named.run and status = 'RUNNING')
    ) then
        raise exception 'The run has ended: what it read stands.' using errcode = 'check_violation';
    end if;
    return coalesce(new, old);
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0004_replies_stand")]
    operations = [migrations.RunSQL(_STAND, migrations.RunSQL.noop)]
