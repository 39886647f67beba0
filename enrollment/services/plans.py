"""Saying how many subjects are planned for which month."""

from collections.abc import Sequence
from datetime import date

from ctms.accounts.models import Scope, User
from ctms.core.permission import demand
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from ctms.studies.models import Study
from enrollment.models import EnrollmentPlan

LONGEST, MOST = 120, 100_000  # months; subjects in one of them


@use_case
def set_plan(*, study: Study, scope: Scope, first_month: date, subjects: Sequence[int], by: User) -> EnrollmentPlan:
    """Sets the plan of the study, a country or a site; the plan before stays in its history.

    Args:
        scope: of the place.
        first_month: any day of it.
        subjects: new subjects in this month and in each that follows.

    Raises:
        NotAllowed, BadInput: the person may not, or these are no numbers for a plan.
        Refusal: the plan says so already.
    """
    demand(
        by=by, verb="enrollment.edit_plan", record=study, code="MAY_NOT_PLAN",
        sentence="Your roles do not include planning enrollment.",
    )  # fmt: skip
    if not subjects or len(subjects) > LONGEST or any(not 0 <= number <= MOST for number in subjects):
        sentence = f"Give 1 to {LONGEST} numbers, each from 0 to {MOST:,}."
        raise BadInput("SUBJECTS", sentence, fields={"subjects": sentence})
    Study.objects.locked(study.pk)
    said = {"first_month": first_month.replace(day=1), "subjects": list(subjects)}
    plan: EnrollmentPlan | None = EnrollmentPlan.objects.filter(scope=scope).first()
    if plan is None:
        created: EnrollmentPlan = EnrollmentPlan.objects.create(
            sponsor_id=study.sponsor_id, study=study, scope=scope, **said
        )
        return created
    if (plan.first_month, plan.subjects) == (said["first_month"], said["subjects"]):
        raise Refusal("NO_CHANGE", "The plan says so already.")
    plan.first_month, plan.subjects = first_month.replace(day=1), list(subjects)
    plan.save(update_fields=["first_month", "subjects"])
    return plan
