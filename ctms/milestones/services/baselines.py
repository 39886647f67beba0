"""Drawing up a baseline from the plan, and signing it."""

from datetime import datetime

from django.db.models import Max, QuerySet

from ctms.accounts.access import within
from ctms.accounts.models import Scope, ScopeKind, User
from ctms.core.acting import says_why
from ctms.core.editing import refuse_without
from ctms.core.lifecycle import Request
from ctms.core.protocols import Proof
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from ctms.milestones.lifecycle import BASELINE
from ctms.milestones.models import Baseline, BaselineLine, BaselineStatus, Level, Milestone
from ctms.milestones.services.outlooks import take_stock
from ctms.studies.models import Study


@use_case
def draw_up_baseline(*, study: Study, scope: Scope, reason: str, by: User, at: datetime) -> Baseline:
    """Copies the present plan of the study with its countries, or of one site, to be signed.

    Args:
        reason: why there is to be another baseline; the first needs none.
    """
    study = Study.objects.select_related("scope").locked(study.pk)
    if scope.kind not in (ScopeKind.STUDY, ScopeKind.SITE) or not study.scope.contains(scope):
        raise BadInput("PLACE", "A baseline is of the study with its countries, or of a site.")
    refuse_without(by, "milestones.edit_milestone", scope, "planning milestones")
    last = Baseline.objects.filter(scope=scope).aggregate(last=Max("number"))["last"] or 0
    if last and not says_why(reason):
        sentence = "Say why there is to be another baseline."
        raise BadInput("REASON", sentence, fields={"reason": sentence})
    milestones = list(_covered(study, scope).order_by("scope__path", "position"))
    if not milestones:
        raise Refusal("NO_PLAN", f"{scope} has no plan yet.")
    baseline = Baseline(
        sponsor_id=study.sponsor_id, study=study, scope=scope, number=last + 1,
        reason=reason.strip() if last else "", drawn_at=at, drawn_by=by,
    )  # fmt: skip
    baseline.full_clean()
    baseline.save(force_insert=True)
    BaselineLine.objects.bulk_create(
        BaselineLine(
            sponsor_id=study.sponsor_id, study=study, baseline=baseline, milestone=milestone,
            on=None if milestone.not_applicable else milestone.planned_on,
        )
        for milestone in milestones
    )  # fmt: skip
    return baseline


@use_case
def move_baseline(
    *, baseline: Baseline, move: str, reason: str, by: User, at: datetime, proof: Proof | None = None
) -> Baseline:
    """Makes a move of a baseline. Once signed, it supersedes the one before and slips are measured by it.

    Args:
        proof: that `by` signs, for a move that takes a signature.
    """
    study = Study.objects.select_related("scope").locked(baseline.study_id)
    baseline = Baseline.objects.select_related("scope", "study").locked(baseline.pk)
    BASELINE.advance(baseline, move, Request(by, reason=reason, proof=proof))
    if baseline.status == BaselineStatus.APPROVED:
        earlier = Baseline.objects.filter(scope=baseline.scope_id, status=BaselineStatus.APPROVED)
        earlier.update(status=BaselineStatus.SUPERSEDED)
        days = dict(baseline.lines.values_list("milestone", "on"))
        milestones = list(Milestone.objects.select_for_update(of=("self",)).filter(pk__in=days))
        for milestone in milestones:
            milestone.baseline_on = days[milestone.pk]
        Milestone.objects.bulk_update(milestones, ["baseline_on"], batch_size=500)
    baseline.save(update_fields=["status"])
    take_stock(study=study, at=at)
    return baseline


def _covered(study: Study, scope: Scope) -> QuerySet[Milestone]:
    """The milestones a baseline of this place speaks of."""
    inside = Milestone.objects.filter(within({scope.path}, "scope__path"), study=study)
    return inside.exclude(level=Level.SITE) if scope.kind == ScopeKind.STUDY else inside
