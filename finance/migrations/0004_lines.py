"""A payment is the sum of its lines: they are written all at once, and the database adds them up."""

from django.db import migrations

_LINES = """
create function finance_lines_add_up() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if exists (
        select from (select distinct request_id from new_rows where not removed) n
        join finance_paymentrequest r on r.id = n.request_id
        join finance_paymentline l on l.request_id = r.id and not l.removed
        join finance_payable p on p.id = l.payable_id
        group by r.id having sum(p.net) <> r.net
    ) then
        raise exception 'The lines of a payment would not add up to it.' using errcode = 'check_violation';
    end if;
    return null;
end $$;
revoke all on function finance_lines_add_up() from public;
create trigger finance_lines_add_up after insert on finance_paymentline
    referencing new table as new_rows for each statement execute function finance_lines_add_up();
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0003_money")]
    operations = [migrations.RunSQL(_LINES, migrations.RunSQL.noop)]
