"""What people may do about a discrepancy. Finding it again and closing it is left to the reconciliation."""

from ctms.core.lifecycle import Lifecycle, Move
from enrollment.models import DiscrepancyStatus

SETTLE = "enrollment.settle_discrepancy"
S = DiscrepancyStatus

DISCREPANCY = Lifecycle(
    "Discrepancy",
    start=S.OPEN,
    statuses=DiscrepancyStatus,
    moves=(
        Move("take", (S.OPEN,), S.TAKEN, SETTLE, "Look into it"),
        Move("explain", (S.OPEN, S.TAKEN), S.EXPLAINED, SETTLE, "Explain", reason=True),
        Move("reopen", (S.TAKEN, S.EXPLAINED), S.OPEN, SETTLE, "Put back", reason=True),
    ),
    follows=((S.CLOSED, "the systems agree when they are compared again"),),
)
