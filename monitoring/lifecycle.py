"""What may happen next to a monitoring visit and its report, to a follow-up item, to a deviation."""

from django.db.models import QuerySet

from ctms.core.lifecycle import Lifecycle, Move, Request
from monitoring.models import (
    CandidateStatus,
    Deviation,
    DeviationStatus,
    FollowUpItem,
    FollowUpStatus,
    MonitoringVisit,
    ReportAnswer,
    VisitStatus,
)
from monitoring.queries import reference_of
from monitoring.rules import questions

V = VisitStatus
F = FollowUpStatus
D = DeviationStatus
C = CandidateStatus

_PLAN, _AUTHOR, _REVIEW = "monitoring.plan_visit", "monitoring.author_tripreport", "monitoring.review_tripreport"
_APPROVE, _VOID, _ISSUE = "monitoring.approve_tripreport", "monitoring.void_visit", "monitoring.edit_issue"

EDITABLE = (V.IN_PROGRESS, V.DRAFT, V.RETURNED)
"""The statuses in which a report can be written."""

IN_REVIEW = (V.SUBMITTED, V.REVIEWED)


def is_not_its_monitor(visit: MonitoringVisit, request: Request) -> str | None:
    """The visit's own monitor."""
    if request.by is not None and visit.monitor_id != request.by.pk:
        return f"Only the visit's monitor, {visit.monitor.full_name}, can do this."
    return None


def wrote_in_it(visit: MonitoringVisit, request: Request) -> str | None:
    """Nobody who wrote any of the report."""
    by = request.by
    written = ReportAnswer.history.filter(
        id__in=visit.answers.order_by().values("pk"), history_type="~", history_user_id=by.pk
    )
    listed = (
        visit.follow_ups.filter(raised_by=by),
        visit.outcomes.filter(recorded_by=by),
        visit.deviations.filter(raised_by=by),
    )
    if visit.monitor_id == by.pk or written.exists() or any(rows.exists() for rows in listed):
        return "Who wrote any of a report neither reviews nor approves it."
    return None


def reviewed_it(visit: MonitoringVisit, request: Request) -> str | None:
    """Nobody who reviewed this round of the report."""
    reviewed = visit.events.filter(move="review", recorded_by=request.by, round=visit.rounds)
    return "Who reviewed a report does not approve it." if reviewed.exists() else None


def ended_before_it_began(visit: MonitoringVisit, request: Request) -> str | None:
    """A last day not before the first."""
    if request.effective_on and visit.starts_on and request.effective_on < visit.starts_on:
        return f"The visit began on {visit.starts_on:%-d %b %Y}: it cannot have ended before."
    return None


def has_open_questions(visit: MonitoringVisit, request: Request) -> str | None:
    """Every question answered, with a comment where one is needed."""
    if visit.template is None:
        return "The report was not begun."
    asked = questions(visit.template.content, visit.type)
    given = {one.code: one for one in visit.answers.all()}
    open_ones = [
        (code, missing) for code, question in asked.items()
        if (missing := question.lacks(given[code].answer, given[code].comment))
    ]  # fmt: skip
    if not open_ones:
        return None
    code, missing = open_ones[0]
    others = f", and {len(open_ones) - 1} more are open" if len(open_ones) > 1 else ""
    return f"Question {code}: {missing}{others}."


def has_items_without_outcome(visit: MonitoringVisit, request: Request) -> str | None:
    """An outcome noted at this visit for each earlier follow-up item that was open."""
    first = carried_over(visit).exclude(events__visit=visit).first()
    return f"{first} is carried over: say what became of it." if first else None


def has_open_items(visit: MonitoringVisit, request: Request) -> str | None:
    """No follow-up item of the visit open."""
    first = visit.follow_ups.filter(status=F.OPEN).first()
    return f"{first} of this visit is still open." if first else None


def its_fact_stands(visit: MonitoringVisit, request: Request) -> str | None:
    """No fact of the site that rests on it."""
    fact = visit.site.standing_evidence.filter(reference=reference_of(visit)).first()
    return f"The site's fact “{fact.get_code_display()}” rests on it: withdraw that first." if fact else None


def carried_over(visit: MonitoringVisit) -> QuerySet[FollowUpItem]:
    """The site's earlier follow-up items that were open when the visit began, or were dealt with at it."""
    if visit.starts_on is None:
        return FollowUpItem.objects.none()
    earlier = FollowUpItem.objects.filter(site=visit.site_id).exclude(visit=visit)
    if visit.snapshot_at is not None:
        earlier = earlier.filter(raised_at__lt=visit.snapshot_at)
    of_interest = earlier.filter(status=F.OPEN) | earlier.filter(events__visit=visit)
    return of_interest.distinct().order_by("number")


VISIT = Lifecycle(
    "Monitoring visit",
    start=V.PLANNED,
    statuses=VisitStatus,
    moves=(
        Move("confirm", (V.PLANNED,), V.CONFIRMED, _PLAN, "Confirm visit"),
        Move("begin", (V.CONFIRMED,), V.IN_PROGRESS, _AUTHOR, "Begin visit", unless=(is_not_its_monitor,)),
        Move("end", (V.IN_PROGRESS,), V.DRAFT, _AUTHOR, "End visit",
             unless=(is_not_its_monitor, ended_before_it_began)),
        Move("submit", (V.DRAFT, V.RETURNED), V.SUBMITTED, _AUTHOR, "Submit report",
             unless=(is_not_its_monitor, has_open_questions, has_items_without_outcome), signature="authorship"),
        Move("return", (V.SUBMITTED,), V.RETURNED, _REVIEW, "Return to the author", reason=True,
             unless=(wrote_in_it,), is_exit=True),
        Move("review", (V.SUBMITTED,), V.REVIEWED, _REVIEW, "Finish review", unless=(wrote_in_it,),
             signature="review"),
        Move("send_back", (V.REVIEWED,), V.RETURNED, _APPROVE, "Send back to the author", reason=True,
             unless=(wrote_in_it,), is_exit=True),
        Move("approve", (V.REVIEWED,), V.APPROVED, _APPROVE, "Approve report", unless=(wrote_in_it, reviewed_it),
             signature="approval"),
        Move("amend", (V.APPROVED, V.CLOSED), V.RETURNED, _AUTHOR, "Amend report", reason=True,
             unless=(is_not_its_monitor,), is_exit=True),
        Move("close", (V.APPROVED,), V.CLOSED, _PLAN, "Close visit", unless=(has_open_items,)),
        Move("cancel", (V.PLANNED, V.CONFIRMED), V.CANCELLED, _PLAN, "Cancel visit", reason=True, is_exit=True),
        Move("reinstate", (V.CANCELLED,), V.PLANNED, _PLAN, "Reinstate visit", reason=True),
        Move("void", (V.IN_PROGRESS, V.DRAFT, V.SUBMITTED, V.RETURNED, V.REVIEWED, V.APPROVED, V.CLOSED), V.VOIDED,
             _VOID, "Void visit", reason=True, unless=(its_fact_stands,), signature="approval", is_exit=True),
    ),
)  # fmt: skip

FOLLOW_UP = Lifecycle(
    "Follow-up item",
    start=F.OPEN,
    statuses=FollowUpStatus,
    moves=(
        Move("close", (F.OPEN,), F.CLOSED, _ISSUE, "Close item", reason=True),
        Move("reopen", (F.CLOSED,), F.OPEN, _ISSUE, "Reopen item", reason=True),
        Move("withdraw", (F.OPEN,), F.WITHDRAWN, _ISSUE, "Withdraw item", reason=True, is_exit=True),
    ),
)


def has_no_importance(deviation: Deviation, request: Request) -> str | None:
    """Whether it is important, decided."""
    return None if deviation.is_important is not None else "Whether it is important is not decided yet: edit it first."


DEVIATION = Lifecycle(
    "Protocol deviation",
    start=D.OPEN,
    statuses=DeviationStatus,
    moves=(
        Move("take_up", (D.OPEN,), D.UNDER_REVIEW, _ISSUE, "Take up for review", reason=True),
        Move("confirm", (D.UNDER_REVIEW,), D.CONFIRMED, _ISSUE, "Confirm", reason=True, unless=(has_no_importance,)),
        Move("dismiss", (D.OPEN, D.UNDER_REVIEW), D.NOT_A_DEVIATION, _ISSUE, "Not a deviation", reason=True,
             is_exit=True),
        Move("mark_duplicate", (D.OPEN, D.UNDER_REVIEW), D.DUPLICATE, _ISSUE, "Mark as duplicate", reason=True,
             is_exit=True),
        Move("resolve", (D.CONFIRMED,), D.RESOLVED, _ISSUE, "Resolve", reason=True),
        Move("close", (D.RESOLVED,), D.CLOSED, _ISSUE, "Close", reason=True),
        Move("reopen", (D.NOT_A_DEVIATION, D.DUPLICATE, D.RESOLVED), D.UNDER_REVIEW, _ISSUE, "Reopen", reason=True),
    ),
)  # fmt: skip

CANDIDATE = Lifecycle(
    "Candidate for a deviation",
    start=C.OPEN,
    statuses=CandidateStatus,
    moves=(
        Move("accept", (C.OPEN,), C.ACCEPTED, _ISSUE, "Accept as a deviation"),
        Move("dismiss", (C.OPEN,), C.DISMISSED, _ISSUE, "Dismiss", reason=True, is_exit=True),
        Move("reopen", (C.DISMISSED,), C.OPEN, _ISSUE, "Put back", reason=True),
    ),
    follows=((C.CLOSED, "the visit is no longer suspect when the windows are looked at again"),),
)
