"""Folding what triggers appended into the base of the counts, and comparing both with the subjects themselves."""

from django.db import connection

from ctms.core.acting import open_sponsor
from enrollment.models import COUNTED

_NAMES = ", ".join(COUNTED)


def fold_counts() -> int:
    """Adds the deltas to the base, in the order of the sites; gives how many. Two at once wait for each other."""
    sums = ", ".join(f"sum({name})" for name in COUNTED)
    added = ", ".join(f"{name} = b.{name} + excluded.{name}" for name in COUNTED)
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [0x464F4C44, open_sponsor()])
        cursor.execute(
            f"""with taken as (delete from enrollment_countdelta returning *),
                folded as (
                    insert into enrollment_sitecount as b (sponsor_id, study_id, site_id, {_NAMES})
                    select sponsor_id, study_id, site_id, {sums} from taken group by 1, 2, 3 order by 3
                    on conflict (site_id) do update set {added})
                select count(*) from taken"""  # noqa: S608 - our own names
        )
        return int(cursor.fetchone()[0])


def wrong_counts() -> list[int]:
    """The sites whose counts are not what their subjects say; none, or something wrote behind the triggers' backs."""
    rules = ", ".join(
        f"count(*) filter (where status <> 'DELETED' and ({rule})) as {name}" for name, rule in COUNTED.items()
    )
    sums = ", ".join(f"sum({name}) as {name}" for name in COUNTED)
    differs = " or ".join(f"coalesce(s.{name}, 0) <> coalesce(c.{name}, 0)" for name in COUNTED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""with said as (select site_id, {rules} from enrollment_subject group by 1),
                counted as (
                    select site_id, {sums} from (
                        select site_id, {_NAMES} from enrollment_sitecount
                        union all select site_id, {_NAMES} from enrollment_countdelta) both_of group by 1)
                select coalesce(s.site_id, c.site_id) from said s full join counted c on c.site_id = s.site_id
                where {differs} order by 1"""  # noqa: S608 - our own names
        )
        return [site for (site,) in cursor.fetchall()]
