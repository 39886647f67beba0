"""What can be asked about subjects: this room's public face to the rooms above."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, CharField, F, Max, Min, Q, QuerySet, Sum, Value, When

from ctms.studies.models import Study
from enrollment.models import (
    COUNTED,
    CountDelta,
    EnrolledDefinition,
    Milestone,
    SiteCount,
    Subject,
    SubjectStatus,
    SubjectVisit,
)
from sites.models import EnrollmentStatus, Site

VISIT_STATES = {
    "DONE": "Done",
    "OUT_OF_WINDOW": "Out of window",
    "MISSED": "Missed",
    "DUE": "Due",
    "PLANNED": "Planned",
    "NOT_IN_SCHEDULE": "Not in the schedule",
    "NOT_EXPECTED": "Not expected",
}
NO_VISIT = "NO_VISIT"
"""The state of what an EDC keeps outside visits: lists of visits leave it out."""

LEFT = (SubjectStatus.COMPLETED, SubjectStatus.SCREEN_FAILED, SubjectStatus.LOST, SubjectStatus.WITHDRAWN)
"""Nothing is to be done any more with a subject of these statuses."""


@dataclass(frozen=True, slots=True)
class Course:
    """How far a site is with its subjects."""

    first_enrolled_on: date | None
    last_visit_on: date | None  # None while a subject is there, or may come


def course_at(site: Site) -> Course | None:
    """How far the site is; None where no system tells of the study's subjects."""
    if not Subject.objects.filter(study=site.study_id).exists():
        return None
    subjects = Subject.objects.filter(site=site).exclude(status=SubjectStatus.DELETED)
    first = subjects.aggregate(day=Min("enrolled_on"))["day"]
    if site.enrollment_status != EnrollmentStatus.CLOSED or subjects.exclude(status__in=LEFT).exists():
        return Course(first, None)
    return Course(first, SubjectVisit.objects.filter(subject__in=subjects).aggregate(day=Max("done_on"))["day"])


def subject_counts(sites: QuerySet[Site]) -> list[dict[str, int]]:
    """Counts of subjects by site, from base and deltas: {site, country, study, and the names of `COUNTED`}.

    Sites without a subject are left out. No subject is looked at.
    """
    within = sites.order_by().values("pk")
    keys = ("study", "site", "site__country")
    base = SiteCount.objects.filter(site__in=within).order_by().values_list(*keys, *COUNTED)
    deltas = CountDelta.objects.filter(site__in=within).order_by().values_list(*keys, *(Sum(one) for one in COUNTED))
    found: dict[int, dict[str, int]] = {}
    for study, site, country, *numbers in base.union(deltas, all=True):
        here = found.setdefault(site, {"site": site, "country": country, "study": study, **dict.fromkeys(COUNTED, 0)})
        for name, number in zip(COUNTED, numbers, strict=True):
            here[name] += number
    return list(found.values())


def enrolled_by(study: Study) -> Milestone:
    """From which milestone on a subject of this study counts as enrolled."""
    said = EnrolledDefinition.objects.filter(study=study).values_list("milestone", flat=True).first()
    return Milestone(said) if said else EnrolledDefinition.DEFAULT


def enrolled_means(study: Study) -> str:
    """The same, as it is said beside a count."""
    return EnrolledDefinition.CHOICES[enrolled_by(study)]


def visit_states(visits: QuerySet[SubjectVisit], *, on: date) -> QuerySet[Any]:
    """The visits with `state`: where each stands on a day.

    A folder that the schedule does not know is a visit once a day of one was entered in it. Until then it is where an
    EDC keeps what belongs to no visit, such as logs and the subject's own forms.
    """
    late = Q(done_on__lt=F("window_from")) | Q(done_on__gt=F("window_to"))
    over = Q(window_to__lt=on) | Q(window_to=None, due_on__lt=on)
    return visits.annotate(
        state=Case(
            When(Q(visit=None, done_on=None, is_expected=False), then=Value("NOT_EXPECTED")),
            When(Q(visit=None, done_on=None), then=Value(NO_VISIT)),
            When(Q(visit=None), then=Value("NOT_IN_SCHEDULE")),
            When(Q(done_on__isnull=False) & late, then=Value("OUT_OF_WINDOW")),
            When(Q(done_on__isnull=False), then=Value("DONE")),
            When(Q(is_expected=False), then=Value("NOT_EXPECTED")),
            When(over, then=Value("MISSED")),
            When(Q(window_from__lte=on) | Q(window_from=None, due_on__lte=on), then=Value("DUE")),
            default=Value("PLANNED"),
            output_field=CharField(),
        )
    )


def enrolled_days(sites: QuerySet[Site]) -> QuerySet[Subject]:
    """The subjects of these sites that count as enrolled, for forecasts: each with its site and `enrolled_on`."""
    found: QuerySet[Subject] = Subject.objects.filter(site__in=sites.order_by().values("pk"))
    return found.exclude(enrolled_on=None).exclude(status="DELETED")
