"""What counts as enrolled in a study."""

from django.db.models import F

from ctms.accounts.models import User
from ctms.core.permission import demand
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from ctms.studies.models import Study
from enrollment.models import EnrolledDefinition, Subject
from enrollment.models.subjects import day_field
from enrollment.queries import enrolled_by


@use_case
def define_enrolled(*, study: Study, milestone: str, by: User) -> EnrolledDefinition:
    """Says from which milestone on subjects of the study count as enrolled; all of them are worked out anew.

    Raises:
        NotAllowed, BadInput: the person may not, or that is no such milestone.
        Refusal: it says so already.
    """
    demand(
        by=by, verb="enrollment.define_enrolled", record=study, code="MAY_NOT_DEFINE",
        sentence="Your roles do not include saying what counts as enrolled.",
    )  # fmt: skip
    if milestone not in EnrolledDefinition.CHOICES:
        sentence = "Choose a milestone."
        raise BadInput("MILESTONE", sentence, fields={"milestone": sentence})
    Study.objects.locked(study.pk)
    if milestone == enrolled_by(study):
        raise Refusal("NO_CHANGE", "That is what counts already.")
    definition = EnrolledDefinition.objects.filter(study=study).first()
    if definition is None:
        definition = EnrolledDefinition.objects.create(sponsor_id=study.sponsor_id, study=study, milestone=milestone)
    else:
        definition.milestone = milestone
        definition.save(update_fields=["milestone"])
    Subject.objects.filter(study=study).update(enrolled_on=F(day_field(milestone)))
    return definition
