"""The trigger behind the counts: each statement on subjects appends what it changed at each site. For migrations."""

from enrollment.models.counts import COUNTED

_NAMES = ", ".join(COUNTED)


def _rows(source: str, sign: int) -> str:
    """One signed row of counts per subject."""
    counts = ", ".join(f"{sign} * (status <> 'DELETED' and ({rule}))::int as {name}" for name, rule in COUNTED.items())
    return f"select sponsor_id, study_id, site_id, {counts} from {source}"  # noqa: S608 - our own names


def install_sql() -> str:
    """Function and triggers; idempotent."""
    sums = ", ".join(f"sum({name}) as {name}" for name in COUNTED)
    changed = " or ".join(f"sum({name}) <> 0" for name in COUNTED)

    def append(rows: str) -> str:
        return f"""
            insert into public.enrollment_countdelta (sponsor_id, study_id, site_id, {_NAMES})
            select sponsor_id, study_id, site_id, {sums} from ({rows}) changes
            group by sponsor_id, study_id, site_id having {changed}"""  # noqa: S608

    return f"""
create or replace function ctms_count_subjects() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $count$
begin
    if tg_op = 'INSERT' then {append(_rows("new_rows", 1))};
    elsif tg_op = 'UPDATE' then {append(_rows("new_rows", 1) + " union all " + _rows("old_rows", -1))};
    else {append(_rows("old_rows", -1))};
    end if;
    return null;
end $count$;
revoke all on function ctms_count_subjects() from public;
create or replace trigger ctms_count_insert after insert on enrollment_subject
    referencing new table as new_rows for each statement execute function ctms_count_subjects();
create or replace trigger ctms_count_update after update on enrollment_subject
    referencing old table as old_rows new table as new_rows
    for each statement execute function ctms_count_subjects();
create or replace trigger ctms_count_delete after delete on enrollment_subject
    referencing old table as old_rows for each statement execute function ctms_count_subjects();
"""
