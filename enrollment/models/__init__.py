"""Subjects as statuses and days, never as data; visits against the plan; counts; plans; what systems disagree about."""

from enrollment.models.counts import COUNTED, CountDelta, SiteCount
from enrollment.models.discrepancies import STANDING, Difference, Discrepancy, DiscrepancyStatus
from enrollment.models.plans import EnrollmentPlan, months_from
from enrollment.models.subjects import (
    MILESTONES,
    EnrolledDefinition,
    Milestone,
    Subject,
    SubjectStatus,
    SubjectVisit,
)

__all__ = [
    "COUNTED",
    "MILESTONES",
    "STANDING",
    "CountDelta",
    "Difference",
    "Discrepancy",
    "DiscrepancyStatus",
    "EnrolledDefinition",
    "EnrollmentPlan",
    "Milestone",
    "SiteCount",
    "Subject",
    "SubjectStatus",
    "SubjectVisit",
    "months_from",
]
