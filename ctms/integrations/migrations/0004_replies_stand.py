"""What an ended run read stands: the proof of where its facts came from is neither rewritten nor thrown away."""

from django.db import migrations

_STAND = """
create function integrations_replies_stand() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if not exists (
        select from integrations_feedrun where id = coalesce(old.run_id, new.run_id) and status = 'RUNNING'
    ) then
        raise exception 'The run has ended: what it read stands.' using errcode = 'check_violation';
    end if;
    return coalesce(new, old);
end $$;
revoke all on function integrations_replies_stand() from public;
create trigger integrations_replies_stand before insert or update or delete on integrations_feedpayload
    for each row execute function integrations_replies_stand();
"""


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_feeds7")]
    operations = [migrations.RunSQL(_STAND, migrations.RunSQL.noop)]
