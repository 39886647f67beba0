"""What enrollment tells that money follows from: visits done and entered, screen failures, enrolled subjects."""

from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf

from ctms.studies.models import Study
from enrollment.models import Milestone, Subject, SubjectStatus, SubjectVisit
from enrollment.models.subjects import day_field
from finance.facts import FIELDS, telling
from finance.models import FactKind

_ONE = Value(Decimal(1), output_field=DecimalField())
_FURTHER = (Milestone.CONSENTED, Milestone.RANDOMISED, Milestone.TREATED, Milestone.TREATMENT_ENDED,
            Milestone.COMPLETED)  # fmt: skip


@telling(FactKind.VISIT)
def of_visits(study: Study) -> QuerySet[Any]:
    """Visits that took place and whose data are entered; by their code in the schedule."""
    named = Coalesce(NullIf("visit__label", Value("")), "code", output_field=TextField())
    visits = SubjectVisit.objects.filter(study=study, done_on__isnull=False, entered=True)
    return visits.exclude(subject__status=SubjectStatus.DELETED).order_by().values("pk").annotate(
        fact_id=_keyed("visit/"), kind=Value(FactKind.VISIT.value), site_id=F("subject__site_id"),
        occurred_on=F("done_on"), quantity=_ONE, item=F("code"),
        source=Concat(Value("Visit "), named, Value(" of subject "), "subject__number",
                      Value(", done and entered, as its system of record has it"), output_field=TextField()),
        subject=F("subject__number"), occasion=named,
    ).values(*FIELDS)  # fmt: skip


@telling(FactKind.SCREEN_FAILURE)
def of_screen_failures(study: Study) -> QuerySet[Any]:
    """Who failed screening, on the day the system of record says."""
    return _course(study, "screen_failed_on", FactKind.SCREEN_FAILURE, "screen failed")


@telling(FactKind.ENROLLED)
def of_enrolled(study: Study) -> QuerySet[Any]:
    """Who counts as enrolled by the study's own definition."""
    return _course(study, "enrolled_on", FactKind.ENROLLED, "enrolled")


@telling(FactKind.SUBJECT_MILESTONE)
def of_milestones(study: Study) -> QuerySet[Any]:
    """Further milestones of a subject; a fee names the one it is for: RANDOMISED, COMPLETED."""
    first, *others = (
        _course(study, day_field(one), FactKind.SUBJECT_MILESTONE, one.label.lower(), item=one) for one in _FURTHER
    )
    return first.union(*others, all=True)


def _course(study: Study, day: str, kind: FactKind, words: str, item: str = "") -> QuerySet[Any]:
    subjects = Subject.objects.filter(study=study, **{f"{day}__isnull": False}).exclude(status=SubjectStatus.DELETED)
    return subjects.order_by().values("pk").annotate(
        fact_id=_keyed("subject/", f"/{item or kind}"), kind=Value(kind.value), occurred_on=F(day), subject=F("number"),
        quantity=_ONE, item=Value(str(item)), occasion=Value(Milestone(item).label if item else ""),
        source=Concat(Value("Subject "), "number", Value(f", {words}, as its system of record has it"),
                      output_field=TextField()),
    ).values(*FIELDS)  # fmt: skip


def _keyed(before: str, after: str = "") -> Any:
    """Our own key of the row: the same whatever its source calls it."""
    return Concat(Value(before), Cast("pk", TextField()), Value(after), output_field=TextField())
