"""Monitoring visits, their reports and letters, and what they brought up."""

from monitoring.models.candidates import CandidateKind, CandidateStatus, DeviationCandidate
from monitoring.models.issues import (
    SETTLED,
    Deviation,
    DeviationCategory,
    DeviationStatus,
    Discovery,
    FollowUpEvent,
    FollowUpItem,
    FollowUpStatus,
    Owner,
    Severity,
)
from monitoring.models.reports import Letter, LetterKind, ReportAnswer, ReportTemplate, ReportVersion, ReviewComment
from monitoring.models.visits import (
    GONE,
    Cadence,
    MonitoringVisit,
    RiskTier,
    VisitEvent,
    VisitMode,
    VisitStatus,
    VisitType,
)

__all__ = [
    "GONE",
    "SETTLED",
    "Cadence",
    "CandidateKind",
    "CandidateStatus",
    "Deviation",
    "DeviationCandidate",
    "DeviationCategory",
    "DeviationStatus",
    "Discovery",
    "FollowUpEvent",
    "FollowUpItem",
    "FollowUpStatus",
    "Letter",
    "LetterKind",
    "MonitoringVisit",
    "Owner",
    "ReportAnswer",
    "ReportTemplate",
    "ReportVersion",
    "ReviewComment",
    "RiskTier",
    "Severity",
    "VisitEvent",
    "VisitMode",
    "VisitStatus",
    "VisitType",
]
