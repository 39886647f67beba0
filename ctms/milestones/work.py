"""What milestones put on people's desks: baselines that wait for a signature, and milestones whose day has passed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Window
from django.urls import reverse

from ctms.accounts import access
from ctms.core.protocols import WorkItem
from ctms.milestones.models import Baseline, BaselineStatus, Milestone, Standing, State

_MOST = 8


def baselines_to_sign(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Drafts of baselines, for who may sign them."""
    paths = access.held_at(user, "milestones.approve_baseline")
    if not paths:
        return
    drafts = Baseline.objects.visible_to(user).filter(access.within(paths, "scope__path"), status=BaselineStatus.DRAFT)
    for draft in drafts.select_related("study", "scope", "drawn_by").order_by("drawn_at", "pk"):
        url = reverse("baseline", args=[sponsor.code, draft.study.slug, draft.pk])
        yield WorkItem(f"{draft} of {draft.scope}", f"Drawn up by {draft.drawn_by}, to be signed", url, None,
                       "Approvals", signs=True)  # fmt: skip


def overdue_milestones(user: Any, sponsor: Any, at: datetime) -> Iterator[WorkItem]:
    """Milestones whose forecast has passed, longest first, for who may say when they are expected instead."""
    paths = access.held_at(user, "milestones.edit_milestone")
    if not paths:
        return
    rows = Milestone.objects.visible_to(user).filter(
        access.within(paths, "scope__path"),
        outlook__actual_on=None, outlook__standing=Standing.EXPECTED, outlook__forecast_on__lt=at.date(),
    )  # fmt: skip
    ordered = rows.select_related("scope", "study", "outlook").order_by("outlook__forecast_on", "pk")
    ordered = ordered.annotate(of=Window(Count("pk")))
    for one in ordered[:_MOST]:
        url = reverse("milestone", args=[sponsor.code, one.study.slug, one.pk])
        sub = one.outlook.because or "Say when it is expected, or that it was reached"
        whole = reverse("milestone-list", args=[sponsor.code, one.study.slug]) + f"?state={State.OVERDUE}"
        yield WorkItem(
            f"{one.scope}: {one}", sub, url, one.outlook.forecast_on, "Overdue milestones", of=one.of,
            whole=(f"All overdue of {one.study}", whole),
        )  # fmt: skip
