"""Comparing EDC, IRT and CTMS, keeping what is found as discrepancies, and what people do about them."""

from datetime import datetime
from typing import Any

from django.db import connection as database

from ctms.accounts.models import User
from ctms.core.lifecycle import Request
from ctms.core.use_case import use_case
from ctms.studies.models import Study
from enrollment import reconcile
from enrollment.lifecycle import DISCREPANCY
from enrollment.models import STANDING, Discrepancy
from enrollment.reconcile import Sides
from enrollment.sides import sides_of

_LOCK = 0x5245434F  # class of our advisory locks
_SAID = ("site_id", "edc_says", "irt_says", "ctms_says")


@use_case
def reconcile_study(*, study: Study, at: datetime) -> int:
    """Compares the three for every subject of the study; gives how many discrepancies stand afterwards.

    Only what changed is written. What no longer differs is closed; what differs again, or differs in another way than
    somebody explained, is open again. Two at once wait for each other.
    """
    with database.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK, study.pk % 2**31])
        sides = sides_of(study)
        if judged := reconcile.differences_judged(sides):
            _compare(cursor, study, sides, judged, at)
    return Discrepancy.objects.filter(study=study, status__in=STANDING).count()


def _compare(cursor: Any, study: Study, sides: Sides, judged: list[str], at: datetime) -> None:
    reconcile.find(cursor, sides)
    said, new, old = (", ".join(f"{alias}{name}" for name in _SAID) for alias in ("", "n.", "o."))
    cursor.execute(
        f"""insert into enrollment_discrepancy as d (sponsor_id, study_id, partition, number, difference, milestone,
                {said}, status, explanation, found_at)
            select %(sponsor)s, %(study)s, 'BLINDED', n.number, n.difference, n.milestone,
                {new}, 'OPEN', '', %(at)s
            from reconcile_found n
            left join enrollment_discrepancy o on o.study_id = %(study)s and o.difference = n.difference
                and o.number = n.number and o.milestone = n.milestone
            where o.id is null or o.status = 'CLOSED'
                or row({new}) is distinct from row({old})
            order by n.difference, n.number, n.milestone
            on conflict (study_id, difference, number, milestone) do update set
                {", ".join(f"{name} = excluded.{name}" for name in _SAID)},
                status = case when d.status = 'TAKEN' then 'TAKEN' else 'OPEN' end,
                taken_by_id = case when d.status = 'TAKEN' then d.taken_by_id end,
                found_at = case when d.status = 'CLOSED' then excluded.found_at else d.found_at end,
                closed_at = null""",  # noqa: S608 - our own names
        {"sponsor": study.sponsor_id, "study": study.pk, "at": at},
    )
    cursor.execute(
        """update enrollment_discrepancy d set status = 'CLOSED', closed_at = %(at)s
           where d.study_id = %(study)s and d.status <> 'CLOSED' and d.difference = any(%(judged)s)
             and not exists (select from reconcile_found n where n.difference = d.difference
                 and n.number = d.number and n.milestone = d.milestone)""",
        {"study": study.pk, "at": at, "judged": judged},
    )


@use_case
def move_discrepancy(*, discrepancy: Discrepancy, move: str, reason: str, by: User) -> Discrepancy:
    """Makes a person's move: takes it, explains it, puts it back.

    Raises:
        NotAllowed, BadInput, Refusal: nothing was changed.
    """
    discrepancy = Discrepancy.objects.locked(discrepancy.pk)
    DISCREPANCY.advance(discrepancy, move, Request(by, reason=reason))
    if move == "take":
        discrepancy.taken_by = by
    elif move == "explain":
        discrepancy.explanation = reason.strip()
    else:
        discrepancy.taken_by, discrepancy.explanation = None, ""
    discrepancy.save(update_fields=["status", "taken_by", "explanation"])
    return discrepancy
