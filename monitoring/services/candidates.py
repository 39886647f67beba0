"""Candidates for deviations: found from the windows of subjects' visits, accepted or dismissed by people."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from ctms.accounts.models import User
from ctms.core.lifecycle import Request
from ctms.core.use_case import use_case
from ctms.integrations import registry
from ctms.integrations.registry import Domain
from ctms.studies.models import Study
from monitoring.lifecycle import CANDIDATE
from monitoring.models import DeviationCandidate, DeviationCategory, Discovery, Severity
from monitoring.rules import rules
from monitoring.services.issues import raise_deviation

_LOCK = 0x44455643  # class of our advisory locks

# Every visit that is suspect now. A visit that nobody entered counts as missed some days after its window.
_WANTED = """
    with wanted as materialized (
        select v.id as visit_id, s.site_id, s.number, v.code, v.window_from, v.window_to,
            case when v.done_on is null then 'MISSED' else 'OUT_OF_WINDOW' end as kind,
            coalesce(v.done_on, v.window_to) as occurred_on
        from enrollment_subjectvisit v join enrollment_subject s on s.id = v.subject_id
        where v.study_id = %(study)s and s.status <> 'DELETED' and v.visit_id is not null
            and (v.done_on < v.window_from or v.done_on > v.window_to
                or v.done_on is null and v.is_expected and v.window_to < %(missed_before)s))
"""
_CLOSE = """
    update monitoring_deviationcandidate c
    set status = case when c.status = 'ACCEPTED' then 'ACCEPTED' else 'CLOSED' end, closed_at = %(at)s
    where c.study_id = %(study)s and c.closed_at is null
        and not exists (select from wanted w where w.visit_id = c.subject_visit_id and w.kind = c.kind)
"""
_FIND = """
    insert into monitoring_deviationcandidate as c (sponsor_id, study_id, partition, site_id, subject_visit_id, kind,
        number, code, occurred_on, window_from, window_to, source, status, reason, found_at)
    select %(sponsor)s, %(study)s, 'BLINDED', w.site_id, w.visit_id, w.kind, w.number, w.code, w.occurred_on,
        w.window_from, w.window_to, %(source)s, 'OPEN', '', %(at)s
    from wanted w
    left join monitoring_deviationcandidate o on o.subject_visit_id = w.visit_id and o.kind = w.kind
    where o.id is null or o.closed_at is not null
        or (o.site_id, o.occurred_on, o.window_from, o.window_to)
            is distinct from (w.site_id, w.occurred_on, w.window_from, w.window_to)
    order by w.visit_id, w.kind
    on conflict (subject_visit_id, kind) do update set
        site_id = excluded.site_id, occurred_on = excluded.occurred_on, window_from = excluded.window_from,
        window_to = excluded.window_to, source = excluded.source,
        status = case when c.status = 'ACCEPTED' then 'ACCEPTED' else 'OPEN' end,
        reason = '', decided_by_id = case when c.status = 'ACCEPTED' then c.decided_by_id end,
        found_at = excluded.found_at, closed_at = null
"""


@use_case
def find_candidates(*, study: Study, at: datetime) -> int:
    """Brings the candidates of a study to what its subjects' visits say; gives how many were written.

    Only what changed is written, set by set. What is no longer suspect closes; what is so again, or otherwise than
    somebody dismissed, is open again. Two at once wait for each other.
    """
    said: dict[str, Any] = {
        "study": study.pk, "sponsor": study.sponsor_id, "at": at,
        "missed_before": at.date() - timedelta(days=rules()["missed_after_days"]),
        "source": registry.masters(study.scope)[Domain.VISITS].label,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [_LOCK, study.pk % 2**31])
        cursor.execute(_WANTED + _CLOSE, said)
        written = int(cursor.rowcount)
        cursor.execute(_WANTED + _FIND, said)
        return written + int(cursor.rowcount)


@use_case
def move_candidate(
    *, candidate: DeviationCandidate, move: str, reason: str, by: User, at: datetime
) -> DeviationCandidate:
    """Accepts a candidate, which puts down a deviation with what says so; dismisses it with a reason; puts it back."""
    candidate = _locked(candidate)
    CANDIDATE.advance(candidate, move, Request(by, candidate.site.today(at), reason))
    candidate.decided_by, candidate.reason = by, reason.strip()
    if move == "accept":
        candidate.deviation = raise_deviation(
            site=candidate.site, said=_deviation(candidate, at), source=candidate.said_by, by=by, at=at
        )
    elif move == "reopen":
        candidate.decided_by, candidate.reason = None, ""
    candidate.save(update_fields=["status", "reason", "decided_by", "deviation"])
    return candidate


def _deviation(candidate: DeviationCandidate, at: datetime) -> dict[str, Any]:
    """What is put down of it; people correct it where they know more."""
    return {
        "subject": candidate.number, "occurred_on": candidate.occurred_on,
        "discovered_on": candidate.site.today(at), "discovered_by": Discovery.CENTRAL,
        "category": DeviationCategory.IMPLEMENTATION, "severity": Severity.MINOR, "description": candidate.words,
    }  # fmt: skip


def _locked(candidate: DeviationCandidate) -> DeviationCandidate:
    found: DeviationCandidate = DeviationCandidate.objects.select_related("site__scope", "site__facility").locked(
        candidate.pk
    )
    return found
