-- What every database of ours has before its first table: the clock, and the functions behind guards and trail.
-- Idempotent; run by the owner at the start of the first migration and at the end of each `manage.py migrate`.
-- Each function names pg_temp last: left out, it would come first, and a caller's temporary table would be read instead
-- of the catalog, with the owner's rights.

-- One row, written by the owner alone: is this a simulated database, and where does its clock stand?
create table if not exists ctms_database (
    only_row     boolean primary key default true check (only_row),
    simulated    boolean not null default false,
    clock_offset interval not null default '0'
);
insert into ctms_database default values on conflict do nothing;

-- The time of everything recorded. In a simulated database the demo sets the hands, everywhere else nobody can.
create or replace function ctms_now() returns timestamptz
language sql volatile security definer set search_path = pg_catalog, public, pg_temp as $$
    select case when d.simulated
        then coalesce(nullif(current_setting('ctms.now', true), '')::timestamptz, clock_timestamp() + d.clock_offset)
        else clock_timestamp() end
    from public.ctms_database d
$$;

create or replace function ctms_is_simulated() returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
    select d.simulated from public.ctms_database d
$$;

-- Before each statement on a regulated table, even one that will find no row: somebody must be acting, with a reason.
create or replace function ctms_demand_act() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if coalesce(current_setting('ctms.act', true), '') = ''
       or coalesce(current_setting('ctms.actor', true), '') = ''
       or coalesce(current_setting('ctms.channel', true), '') = ''
       or btrim(coalesce(current_setting('ctms.reason', true), ''), E' .\t\n') = ''
    then
        raise exception 'Nobody acts: % on % was refused because no act is open.', tg_op, tg_table_name
            using errcode = 'insufficient_privilege',
                  hint = 'Open one with ctms.core.acting.acting(who, reason=...), or in psql with ctms_open_act().';
    end if;
    return null;
end $$;

-- For people with psql: opens an act until the end of the transaction.
create or replace function ctms_open_act(actor text, reason text, sponsor bigint default null) returns void
language sql set search_path = pg_catalog, pg_temp as $$
    select set_config('ctms.act', uuidv7()::text, true),
           set_config('ctms.actor_id', '', true),
           set_config('ctms.actor', actor, true),
           set_config('ctms.reason', reason, true),
           set_config('ctms.by_person', 'yes', true),
           set_config('ctms.channel', 'psql', true),
           set_config('ctms.sponsor', coalesce(sponsor::text, ''), true)
$$;

-- History and events only grow. An insert into history must come from a trail function, so from inside a trigger.
create or replace function ctms_guard_history() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'INSERT' and pg_trigger_depth() > 1 then
        return null;
    end if;
    raise exception '% on % was refused: history is written by the database alone and never changed.',
        tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;

create or replace function ctms_guard_events() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception '% on % was refused: its rows are added and never changed.', tg_op, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

-- A key is what history hangs on: it never changes, not even to itself.
create or replace function ctms_guard_key() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'UPDATE on % was refused: the key of a record never changes.', tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

create or replace function ctms_guard_truncate() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'TRUNCATE on % was refused: it would leave no trace in the trail.', tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

-- Gives a partition what its parent has: a partition named directly knows nothing of its parent's guards and policies.
create or replace function ctms_guard_partition(parent regclass, child regclass) returns void
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    definition text;
    policy record;
begin
    for definition in select pg_get_triggerdef(oid) from pg_trigger where tgrelid = parent and not tgisinternal loop
        execute regexp_replace(replace(definition, format(' ON public.%s ', parent), format(' ON public.%s ', child)),
            '^CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER');
    end loop;
    execute format('alter table %s enable row level security, force row level security', child);
    for policy in select * from pg_policies where tablename = (select relname from pg_class where oid = parent) loop
        execute format('drop policy if exists %I on %s', policy.policyname, child);
        execute format('create policy %I on %s to %s using (%s) with check (%s)',
            policy.policyname, child, (select string_agg(quote_ident(role), ', ') from unnest(policy.roles) role),
            policy.qual, policy.with_check);
    end loop;
end $$;

-- Makes the partition of a year where it is missing; tells whether it did. A year whose rows already lie in the default
-- partition stays there: moving them would need the guards off.
create or replace function ctms_add_partition(parent text, year int) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    child text := format('%s_y%s', parent, year);
    year_from timestamptz := make_timestamptz(year, 1, 1, 0, 0, 0, 'UTC');
    year_to timestamptz := make_timestamptz(year + 1, 1, 1, 0, 0, 0, 'UTC');
    column_name text;
    taken boolean;
begin
    select a.attname into column_name from pg_partitioned_table p
        join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
        where p.partrelid = to_regclass(format('public.%I', parent));
    if column_name is null or year not between 2000 and 2200 then
        raise exception '% is no table partitioned by year, or % no year.', parent, year;
    end if;
    execute format('select exists (select from public.%I where %I >= %L and %I < %L)',
        parent || '_default', column_name, year_from, column_name, year_to) into taken;
    if taken or to_regclass(format('public.%I', child)) is not null then
        return false;
    end if;
    execute format('create table public.%I partition of public.%I for values from (%L) to (%L)',
        child, parent, year_from, year_to);
    perform public.ctms_guard_partition(format('public.%I', parent)::regclass, format('public.%I', child)::regclass);
    return true;
end $$;
