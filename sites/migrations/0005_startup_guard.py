"""The last line of defence: no statement of anybody activates a site while an approval it needs is open."""

from django.db import migrations

_MAKE = """
create function sites_guard_activation() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    open_one text;
begin
    select i.name into open_one
    from sites_sitechecklist l
    join sites_startupconfiguration c on c.id = l.configuration_id
    join sites_startupitem i on i.study_id = l.study_id and i.is_hard
        and (i.site_id = l.site_id
             or i.site_id is null and (i.country_id is null or i.country_id = new.country_id))
    where l.site_id = new.id
      and (i.status <> 'DONE' or i.actual_on > new.status_on or i.expires_on < new.status_on)
      and exists (select from jsonb_array_elements(c.content -> 'items') e where e ->> 'code' = i.code)
    limit 1;
    if found then
        raise exception 'Site % cannot be activated: "%" is open.', new.number, open_one
            using errcode = 'check_violation', constraint = 'sites_site_green_light';
    end if;
    return new;
end $$;
revoke all on function sites_guard_activation() from public;
create trigger sites_guard_activation before update of operational_status, status_on on sites_site
    for each row when (
        new.operational_status = 'ACTIVATED'
        and (old.operational_status, old.status_on) is distinct from (new.operational_status, new.status_on)
    ) execute function sites_guard_activation();
"""
_UNDO = "drop trigger sites_guard_activation on sites_site; drop function sites_guard_activation();"


class Migration(migrations.Migration):
    dependencies = [("sites", "0004_startup")]

    operations = [migrations.RunSQL(_MAKE, _UNDO)]
