"""Who held which role on a day: asked of the trail, so that what was ended or put right since does not hide it."""

from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import Case, DateField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.expressions import RawSQL

from ctms.accounts import access
from ctms.accounts.models import Assignment, Membership

# A version of a row is what the system went by from the moment it was written until the next one. A role counted on
# the day if, at one moment of it, versions stood together of the assignment, of an active account, of an open
# membership and, for a CRO's people, of a delegation, each with the day inside its dates. Days are those of UTC, as in
# `ctms.accounts.access`. Several versions of one assignment may have counted on one day: the latest is given.
_VERSIONS = """
{name} as (
    select h.*, tstzrange(h.history_date, greatest(h.history_date, coalesce(
        lead(h.history_date) over (partition by h.id order by h.history_id), 'infinity'))) as stood
    from {table} h)
"""
_DATED = "{name}.starts_on <= day.on_day and ({name}.ends_on is null or {name}.ends_on >= day.on_day)"
_HELD = """
with day as (select %s::date as on_day),
{versions}
select distinct on (assigned.id) assigned.history_id
from day
join assigned on {assigned} and assigned.ended_at is null
join member on member.user_id = assigned.user_id and member.sponsor_id = assigned.sponsor_id and {member}
    and member.is_open is not false
join account on account.id = assigned.user_id and account.is_active
join accounts_scope place on place.id = assigned.scope_id
join accounts_organisation employer on employer.id = member.organisation_id
left join (handed join accounts_scope reach on reach.id = handed.scope_id)
    on employer.kind = 'CRO' and handed.organisation_id = employer.id and {handed}
    and handed.roles @> to_jsonb(assigned.role) and starts_with(place.path, reach.path)
where (employer.kind <> 'CRO' or handed.id is not null)
  and not isempty(
    tstzrange(day.on_day::timestamp at time zone 'UTC', (day.on_day + 1)::timestamp at time zone 'UTC')
    * assigned.stood * member.stood * account.stood * coalesce(handed.stood, tstzrange(null, null)))
order by assigned.id, assigned.history_id desc
""".format(  # only names of ours go in; the day is a parameter
    versions=",".join(
        _VERSIONS.format(name=name, table=f"accounts_historical{model}")
        for name, model in (
            ("assigned", "assignment"), ("member", "membership"), ("account", "user"), ("handed", "delegation"),
        )
    ),
    **{name: _DATED.format(name=name) for name in ("assigned", "member", "handed")},
)  # fmt: skip


def held_on(day: date) -> QuerySet[Any]:
    """The roles in force at any moment of that day in the open sponsor: rows of the assignments' trail, as of then.

    Also those that waited for their holder's training, which says when it was complete (`TrainingRecord`).
    """
    rows: QuerySet[Any] = Assignment.history.all()
    return rows.filter(history_id__in=RawSQL(_HELD, [day]))


def shown(rows: QuerySet[Any], *, on: date, as_of: bool = False) -> QuerySet[Any]:
    """Assignments, or rows of their trail, with what lists show, without further reads: `on_day`, `counts`, `employer`,
    and `waits`, for training.

    Args:
        as_of: the rows are those of `held_on(on)`, and the employer is that of then.
    """
    members: Any = Membership.history if as_of else Membership.objects
    of_theirs = members.filter(sponsor=OuterRef("sponsor"), user=OuterRef("user"))
    if as_of:
        of_theirs = of_theirs.filter(history_date__lte=datetime.combine(on, time.max, UTC)).order_by("-history_id")
    # Asked once for all rows, not once for each: the answer reads whole tables of history.
    counts: Any = Value(True) if as_of else Case(When(pk__in=held_on(on).values("id"), then=True), default=False)
    waits: Any = Value(False) if as_of else access.waits_for_training()
    return rows.select_related("user", "granted_by", "scope__parent__parent__parent").annotate(
        on_day=Value(on, DateField()),
        counts=counts,
        waits=waits,
        employer=Subquery(of_theirs.values("organisation__name")[:1]),
    )
