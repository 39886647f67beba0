"""What may happen to a curriculum next."""

from ctms.accounts.models import Curriculum, CurriculumStatus
from ctms.core.lifecycle import Lifecycle, Move, Request


def was_drafted_by_them(curriculum: Curriculum, request: Request) -> str | None:
    """Somebody else than who drafted it."""
    if curriculum.drafted_by_id is not None and curriculum.drafted_by_id == request.by.pk:
        return "Who drafted a curriculum does not approve it."
    return None


CURRICULUM = Lifecycle(
    "Curriculum",
    start=CurriculumStatus.DRAFT,
    statuses=CurriculumStatus,
    moves=(
        Move("approve", (CurriculumStatus.DRAFT,), CurriculumStatus.APPROVED, "accounts.approve_training", "Approve",
             reason=True, unless=(was_drafted_by_them,)),
        Move("end", (CurriculumStatus.DRAFT, CurriculumStatus.APPROVED), CurriculumStatus.ENDED,
             "accounts.approve_training", "End", reason=True, is_exit=True),
    ),
)  # fmt: skip
