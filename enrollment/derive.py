"""The rule by which subjects and their visits follow from facts: two statements over the subjects that changed.

What comes out as it was is not written. Ordered by key, so that two studies' feeds never wait for each other.
"""

from dataclasses import dataclass
from typing import Any

from enrollment.models import Milestone, SubjectStatus
from enrollment.models.subjects import day_field

_LOCK = 0x44455249  # class of our advisory locks
_MANY = 5_000
_DAYS = [day_field(milestone) for milestone in Milestone]
_STATUSES = "array[" + ", ".join(f"'{status}'" for status in SubjectStatus.values) + "]"


@dataclass(frozen=True)
class Case:
    """What the rule needs to know of a study. Connections are given by key.

    Args:
        tellers: those whose kind of system is master of subjects: who they do not know is no subject here.
        visitors: those that are master of visits.
        places: (connection, site there, site number here), where they differ.
        days: (connection, name there, milestone, kind of system), for milestones that connection is master of.
        statuses: (connection, word there, status here); `worded` are the connections whose words count.
        events: (connection, visit there, code of the schedule's visit).
    """

    sponsor: int
    study: int
    schedule: int | None
    enrolled: str
    tellers: list[int]
    visitors: list[int]
    places: list[tuple[int, str, str]]
    days: list[tuple[int, str, str, str]]
    statuses: list[tuple[int, str, str]]
    worded: list[int]
    events: list[tuple[int, str, str]]


def derive(cursor: Any, case: Case) -> None:
    """Brings the subjects named in `feed_changed`, and their visits, to what is said of them.

    Two feeds of a study wait for each other here until the first is committed: each statement after the lock sees what
    the other was told. Otherwise the later one would write what follows from its own facts alone.
    """
    cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK, case.study % 2**31])
    cursor.execute("drop table if exists feed_places, feed_days, feed_words, feed_events, feed_subjects")
    _table(cursor, "feed_places (connection_id bigint, place text, number text)", case.places)
    _table(cursor, "feed_days (connection_id bigint, event text, milestone text, kind text)", case.days)
    _table(cursor, "feed_words (connection_id bigint, word text, status text)", case.statuses)
    _table(cursor, "feed_events (connection_id bigint, event text, code text)", case.events)
    cursor.execute(
        """create temporary table feed_subjects on commit drop as
           select distinct subject from feed_changed where subject <> ''"""
    )
    many = cursor.rowcount
    # A correction may come before, or without the subject of, what it corrects.
    cursor.execute(
        """insert into feed_subjects
           select distinct f.subject from feed_changed c
           join integrations_sourcefact x on x.key = c.key and x.what = 'CORRECTION'
           join integrations_sourcefact f on f.connection_id = x.connection_id and f.resource = x.resource
               and f.key = x.ref
           where c.what = 'CORRECTION' and f.subject <> ''
             and not exists (select from feed_subjects s where s.subject = f.subject)"""
    )
    # The facts may be younger than what the planner knows of their table: for many subjects it would ask one by one.
    is_bulk = many + cursor.rowcount > _MANY
    cursor.execute("set local enable_nestloop = off" if is_bulk else "analyze feed_subjects")
    _subjects(cursor, case)
    if _has_visits(cursor, case, is_bulk=is_bulk):
        _visits(cursor, case)
    if is_bulk:
        cursor.execute("set local enable_nestloop = on")


def _subjects(cursor: Any, case: Case) -> None:
    pivot = ",\n".join(
        f"min(t.day) filter (where d.milestone = '{milestone}') as {day_field(milestone)}" for milestone in Milestone
    )
    kinds = ", ".join(
        f"'{milestone}', max(d.kind) filter (where d.milestone = '{milestone}')" for milestone in Milestone
    )
    listed = ", ".join(_DAYS)
    derived = f"""case when k.is_deleted then 'DELETED'
        when w.is_unknown then 'UNKNOWN'
        else ({_STATUSES})[greatest(coalesce(array_position({_STATUSES}, w.status), 1),
            case when d.withdrawn_on is not null then array_position({_STATUSES}, 'WITHDRAWN')
                 when d.lost_on is not null then array_position({_STATUSES}, 'LOST')
                 when d.screen_failed_on is not null then array_position({_STATUSES}, 'SCREEN_FAILED')
                 when d.completed_on is not null then array_position({_STATUSES}, 'COMPLETED')
                 when d.treatment_ended_on is not null then array_position({_STATUSES}, 'END_OF_TREATMENT')
                 when d.treated_on is not null then array_position({_STATUSES}, 'ON_TREATMENT')
                 when d.randomised_on is not null then array_position({_STATUSES}, 'RANDOMISED')
                 when d.eligible_on is not null then array_position({_STATUSES}, 'ENROLLED')
                 else array_position({_STATUSES}, 'CONSENTED') end)] end"""
    written = f"site_id, status, schedule_id, {listed}, enrolled_on, sources"
    cursor.execute(
        f"""
        with known as (
            select f.subject as number, min(coalesce(p.number, f.place)) as site_number, bool_and(f.state = 'DELETED'
                or f.gone_at is not null) as is_deleted, max(f.as_of) as as_of
            from feed_subjects s
            join integrations_sourcefact f on f.subject = s.subject and f.connection_id = any(%(tellers)s)
            left join feed_places p on p.connection_id = f.connection_id and p.place = f.place
            where f.what = 'SUBJECT' group by f.subject),
        fixed as materialized (
            select distinct on (connection_id, ref) connection_id, ref, day, state
            from integrations_sourcefact
            where what = 'CORRECTION' and connection_id in (select connection_id from feed_days)
            order by connection_id, ref, version desc, key),
        told as (
            select f.connection_id, f.subject, f.event, coalesce(x.day, f.day) as day, f.as_of
            from feed_subjects s
            join integrations_sourcefact f on f.subject = s.subject
                and f.connection_id in (select connection_id from feed_days)
            left join fixed x on x.connection_id = f.connection_id and x.ref = f.key
            where f.what = 'DAY' and f.gone_at is null and coalesce(x.state, '') <> 'VOID'),
        days as (
            select t.subject, max(t.as_of) as as_of,
                {pivot},
                jsonb_strip_nulls(jsonb_build_object({kinds})) as sources
            from told t join feed_days d on d.connection_id = t.connection_id and d.event = t.event
            where t.day is not null group by t.subject),
        words as (
            select f.subject, max(w.status) as status, bool_or(w.status is null) as is_unknown, max(f.as_of) as as_of
            from feed_subjects s
            join integrations_sourcefact f on f.subject = s.subject and f.connection_id = any(%(worded)s)
            left join feed_words w on w.connection_id = f.connection_id and w.word = f.state
            where f.what = 'STATUS' and f.gone_at is null group by f.subject),
        wanted as materialized (
            select k.number, i.id as site_id, {derived} as status, %(schedule)s::bigint as schedule_id, {listed},
                d.{day_field(case.enrolled)} as enrolled_on, coalesce(d.sources, '{{}}') as sources,
                greatest(k.as_of, d.as_of, w.as_of) as as_of
            from known k
            join sites_site i on i.study_id = %(study)s and i.number = k.site_number and not i.voided
            left join days d on d.subject = k.number
            left join words w on w.subject = k.number)
        insert into enrollment_subject as e (sponsor_id, study_id, partition, number, {written}, source_as_of)
        select %(sponsor)s, %(study)s, 'BLINDED', n.number, n.site_id, n.status, n.schedule_id, {_prefixed("n", _DAYS)},
            n.enrolled_on, n.sources, n.as_of
        from wanted n left join enrollment_subject o on o.study_id = %(study)s and o.number = n.number
        where o.id is null or row(n.site_id, n.status, {_prefixed("n", _DAYS)}, n.enrolled_on, n.sources)
            is distinct from row(o.site_id, o.status, {_prefixed("o", _DAYS)}, o.enrolled_on, o.sources)
            or (o.schedule_id is null and n.schedule_id is not null)
        order by n.number
        on conflict (study_id, number) do update set site_id = excluded.site_id, status = excluded.status,
            schedule_id = coalesce(e.schedule_id, excluded.schedule_id),
            {", ".join(f"{name} = excluded.{name}" for name in _DAYS)},
            enrolled_on = excluded.enrolled_on, sources = excluded.sources, source_as_of = excluded.source_as_of
        """,  # noqa: S608 - names of our own columns
        {
            "tellers": case.tellers, "worded": case.worded, "sponsor": case.sponsor, "study": case.study,
            "schedule": case.schedule,
        },
    )  # fmt: skip


def _has_visits(cursor: Any, case: Case, *, is_bulk: bool) -> bool:
    """Whether any visit is planned in the study, or said of these subjects; of many, whether it is said of any."""
    of_these = "" if is_bulk else "and subject in (select subject from feed_subjects)"
    cursor.execute(
        f"""select exists (select from studies_scheduledvisit where study_id = %s and position is not null)
               or exists (select from integrations_sourcefact
                   where connection_id = any(%s) and what in ('VISIT', 'FORM', 'VERIFIED', 'QUERY') {of_these})""",  # noqa: S608
        [case.study, case.visitors],
    )
    return bool(cursor.fetchone()[0])


def _visits(cursor: Any, case: Case) -> None:
    """The visits of the subjects: those of the schedule by day 0, and whatever else was reported."""
    cursor.execute(
        """
        with plan as (
            select distinct on (v.id) v.schedule_id, v.id as visit_id, v.code, v.position, c.day, c.window_before,
                c.window_after
            from studies_scheduledvisit v
            left join studies_scheduledcontact c on c.visit_id = v.id and c.position is not null and c.day is not null
            where v.study_id = %(study)s and v.position is not null
            order by v.id, c.position),
        starts as (select schedule_id, min(day) as first_day from plan group by schedule_id),
        subjects as (
            select e.id, e.number, e.schedule_id, e.consented_on,
                coalesce(e.randomised_on, (e.consented_on - b.first_day)::date) as day_0,
                least(e.screen_failed_on, e.withdrawn_on, e.lost_on, e.completed_on) as ended_on, e.status
            from feed_subjects s join enrollment_subject e on e.study_id = %(study)s and e.number = s.subject
            left join starts b on b.schedule_id = e.schedule_id),
        said as materialized (
            select f.subject, coalesce(w.code, f.event) as code, min(f.day) filter (where f.what = 'VISIT') as done_on,
                bool_or(f.what = 'FORM') as entered,
                coalesce(bool_and(f.state = 'YES') filter (where f.what = 'VERIFIED'), false) as verified,
                count(*) filter (where f.what = 'QUERY' and f.state <> 'CLOSED') as open_queries
            from feed_subjects s
            join integrations_sourcefact f on f.subject = s.subject and f.connection_id = any(%(visitors)s)
            left join feed_events w on w.connection_id = f.connection_id and w.event = f.event
            where f.what in ('VISIT', 'FORM', 'VERIFIED', 'QUERY') and f.gone_at is null and f.event <> ''
            group by 1, 2),
        planned as (
            select s.id as subject_id, s.number, p.schedule_id, p.visit_id, p.code, p.position,
                (s.day_0 + p.day)::date as due_on, (s.day_0 + p.day - p.window_before)::date as window_from,
                (s.day_0 + p.day + p.window_after)::date as window_to,
                s.status <> 'DELETED' and (s.ended_on is null or (s.day_0 + p.day)::date <= s.ended_on) as is_expected
            from subjects s join plan p on p.schedule_id = s.schedule_id),
        wanted as materialized (
            select coalesce(p.subject_id, s.id) as subject_id, p.schedule_id, p.visit_id,
                coalesce(p.code, r.code) as code,
                coalesce(p.position, 999) as position,
                coalesce(p.is_expected, true) or r.done_on is not null as is_expected,
                p.due_on, p.window_from, p.window_to, r.done_on, coalesce(r.entered, false) as entered,
                coalesce(r.verified, false) as verified, coalesce(r.open_queries, 0) as open_queries
            from planned p full join said r on r.subject = p.number and r.code = p.code
            left join subjects s on s.number = r.subject
            where coalesce(p.subject_id, s.id) is not null
            union all  -- what was reported once, under a name that nobody uses any more
            select o.subject_id, null, null, o.code, 999, false, null, null, null, null, false, false, 0
            from subjects s join enrollment_subjectvisit o on o.subject_id = s.id and o.visit_id is null
            where not exists (select from said r where r.subject = s.number and r.code = o.code)
                and not exists (select from planned p where p.subject_id = s.id and p.code = o.code))
        insert into enrollment_subjectvisit (sponsor_id, study_id, partition, subject_id, schedule_id, visit_id, code,
            position, is_expected, due_on, window_from, window_to, done_on, entered, verified, open_queries)
        select %(sponsor)s, %(study)s, 'BLINDED', n.subject_id, n.schedule_id, n.visit_id, n.code, n.position,
            n.is_expected, n.due_on, n.window_from, n.window_to, n.done_on, n.entered, n.verified, n.open_queries
        from wanted n left join enrollment_subjectvisit o on o.subject_id = n.subject_id and o.code = n.code
        where o.id is null
            or row(n.visit_id, n.position, n.is_expected, n.due_on, n.window_from, n.window_to, n.done_on, n.entered,
                n.verified, n.open_queries) is distinct from row(o.visit_id, o.position, o.is_expected, o.due_on,
                o.window_from, o.window_to, o.done_on, o.entered, o.verified, o.open_queries)
        order by n.subject_id, n.code
        on conflict (subject_id, code) do update set schedule_id = excluded.schedule_id, visit_id = excluded.visit_id,
            position = excluded.position, is_expected = excluded.is_expected, due_on = excluded.due_on,
            window_from = excluded.window_from, window_to = excluded.window_to, done_on = excluded.done_on,
            entered = excluded.entered, verified = excluded.verified, open_queries = excluded.open_queries
        """,
        {"study": case.study, "sponsor": case.sponsor, "visitors": case.visitors},
    )  # fmt: skip


def _table(cursor: Any, definition: str, rows: list[Any]) -> None:
    """A small temporary table of this statement's own words."""
    name = definition.partition(" ")[0]
    cursor.execute(f"create temporary table {definition} on commit drop")
    if rows:
        marks = ", ".join(["%s"] * len(rows[0]))
        cursor.executemany(f"insert into {name} values ({marks})", rows)  # noqa: S608


def _prefixed(alias: str, names: list[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)
