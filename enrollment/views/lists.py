"""Lists: subjects, their visits."""

from typing import Any

from django.db.models import DateField, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from ctms.core import clock
from ctms.studies.pages import InStudy
from ctms.web.lists import ListView, rank
from enrollment.columns import SUBJECT_COLUMNS, VISIT_COLUMNS
from enrollment.filters import SubjectFilter, VisitFilter
from enrollment.models import Subject, SubjectStatus, SubjectVisit
from enrollment.queries import NO_VISIT, visit_states


class SubjectList(InStudy, ListView):
    """The subjects of a study, or of the study in one country, by number alone."""

    page = "subjects"
    title = "Subjects"
    noun = ("subject", "subjects")
    columns = SUBJECT_COLUMNS
    filterset_class = SubjectFilter
    default_sort = "number"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-subjects"

    def rows(self) -> QuerySet[Subject]:
        subjects: QuerySet[Subject] = Subject.objects.visible_to(self.request.user).filter(study=self.study)
        if self.country is not None:
            subjects = subjects.filter(site__country=self.country)
        return subjects.select_related("site__country")

    def sort_keys(self) -> dict[str, Any]:
        return {"status_rank": rank("status", SubjectStatus.values)}

    def row_url(self, row: Subject) -> str:
        return reverse("subject", args=[self.sponsor.code, self.study.slug, row.pk])

    def empty(self) -> dict[str, str]:
        return {
            "title": "No subjects yet",
            "text": "Subjects come from the study's EDC and IRT: connect them on Data sources.",
        }


class VisitList(InStudy, ListView):
    """The visits of a study's subjects against its schedule."""

    page = "subject-visits"
    title = "Subject visits"
    noun = ("visit", "visits")
    columns = VISIT_COLUMNS
    filterset_class = VisitFilter
    default_sort = "subject"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-subject-visits"

    def rows(self) -> QuerySet[SubjectVisit]:
        visits: QuerySet[SubjectVisit] = SubjectVisit.objects.visible_to(self.request.user).filter(study=self.study)
        states = visit_states(visits.select_related("subject__site", "visit"), on=clock.today())
        return states.exclude(state=NO_VISIT)

    def sort_keys(self) -> dict[str, Any]:
        return {"due_rank": Coalesce("due_on", Value("9999-12-31", output_field=DateField()))}

    def row_url(self, row: SubjectVisit) -> str:
        return reverse("subject", args=[self.sponsor.code, self.study.slug, row.subject_id])

    def empty(self) -> dict[str, str]:
        return {
            "title": "No visits yet",
            "text": "Visits follow from subjects and the approved visit schedule, and from what the EDC reports.",
        }
