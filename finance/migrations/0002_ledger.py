"""What the ledger's tables cannot say of themselves: entries sum to zero, and revisions follow each other without a gap."""

from django.db import migrations

_LEDGER = """
create function finance_ledger_balances() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if exists (
        select from (
            select payable_id, sum(amount) as rest,
                coalesce(sum(amount) filter (where account = 'DIRECT'), 0) as direct,
                coalesce(sum(amount) filter (where account = 'OVERHEAD'), 0) as overhead,
                coalesce(sum(amount) filter (where account = 'HOLDBACK'), 0) as holdback,
                coalesce(sum(amount) filter (where account = 'VAT'), 0) as vat,
                coalesce(sum(amount) filter (where account = 'WITHHOLDING'), 0) as withholding,
                coalesce(sum(amount) filter (where account = 'OWED'), 0) as owed
            from new_rows where payable_id is not null group by payable_id
        ) e left join finance_payable p on p.id = e.payable_id
        where e.rest <> 0 or (e.direct, e.overhead, e.holdback, e.vat, e.withholding, e.owed)
            is distinct from (p.direct, p.overhead, p.holdback, p.vat, p.withholding, -p.net)
    ) or exists (
        select from (
            select confirmation_id, sum(amount) as rest,
                sum(amount) filter (where account = 'OWED') as owed, sum(amount) filter (where account = 'CASH') as cash
            from new_rows where confirmation_id is not null group by confirmation_id
        ) e left join finance_paymentconfirmation c on c.id = e.confirmation_id
        where e.rest <> 0 or (e.owed, e.cash) is distinct from (c.amount, -c.amount)
    ) then
        raise exception 'The ledger would not balance.' using errcode = 'check_violation';
    end if;
    return null;
end $$;
revoke all on function finance_ledger_balances() from public;
create trigger finance_ledger_balances after insert on finance_ledgerentry
    referencing new table as new_rows for each statement execute function finance_ledger_balances();
create trigger ctms_guard before update or delete on finance_ledgerentry
    for each statement execute function ctms_guard_events();
create trigger ctms_guard_truncate before truncate on finance_ledgerentry
    for each statement execute function ctms_guard_truncate();
alter table finance_ledgerentry add constraint finance_ledgerentry_some check (amount <> 0);
alter table finance_payable add constraint finance_payable_follows
    foreign key (sponsor_id, fact_id, item, occurrence, payee_id, follows_revision)
    references finance_payable (sponsor_id, fact_id, item, occurrence, payee_id, revision) deferrable initially deferred;
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_finance")]
    operations = [migrations.RunSQL(_LEDGER, migrations.RunSQL.noop)]
