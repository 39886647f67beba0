"""What other systems said of one subject: message by message, with the run, the mapping and the reply behind each."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from audit.signed import shown_under
from ctms.integrations.models import SourceFact
from ctms.studies.lists import StudyList
from ctms.studies.pages import InStudy
from ctms.web.places import PageRequest, found
from enrollment.columns import MESSAGE_COLUMNS
from enrollment.lineage import WORDS, about, messages_about, reply_of, with_meaning
from enrollment.models import Subject


class AboutSubject(InStudy):
    """A page about what was said of the subject that the address names."""

    page = "subject-messages"

    @cached_property
    def about(self) -> Subject:
        subjects = Subject.objects.visible_to(self.request.user).filter(study=self.study, pk=self.kwargs["subject"])
        subject: Subject = found(subjects.select_related("study__scope"))
        return subject


class MessageFilter(django_filters.FilterSet):
    what = django_filters.ChoiceFilter(label="About", empty_label="Anything", choices=list(WORDS.items()))

    class Meta:
        model = SourceFact
        fields: tuple[str, ...] = ()


class SubjectMessages(AboutSubject, StudyList):
    title = "What the systems say"
    noun = ("message", "messages")
    columns = MESSAGE_COLUMNS
    filterset_class = MessageFilter
    default_sort = "-as_of"

    @property
    def place_title(self) -> str:
        return f"What the systems say of {self.about}"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-{self.about.number}-messages"

    def rows(self) -> QuerySet[SourceFact]:
        return with_meaning(messages_about(self.study, self.about.number), self.about)

    def extra_context(self) -> dict[str, Any]:
        return {"subject": str(self.about)}

    def row_url(self, row: SourceFact) -> str:
        return self.to("subject-message", self.about.pk, row.pk)

    def actions(self) -> list[dict[str, str]]:
        return [{"label": f"Subject {self.about}", "icon": "user", "url": self.to("subject", self.about.pk)}]

    def empty(self) -> dict[str, str]:
        return {"title": "Nothing is said", "text": "No system that is connected says anything of this subject."}


class SubjectMessage(AboutSubject):
    """One message: what it says, which run read it, under which mapping, from which reply."""

    @cached_property
    def message(self) -> SourceFact:
        said = with_meaning(messages_about(self.study, self.about.number), self.about)
        message: SourceFact = found(said.filter(pk=self.kwargs["message"]))
        return message

    @property
    def place_title(self) -> str:
        return about(self.message)

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        message, run = self.message, self.message.run
        context = {
            "subject": self.about,
            "message": message,
            "words": about(message),
            "run": run,
            "reply": reply_of(message),
            "signatures": shown_under(run.mapping),
            "subject_url": self.to("subject", self.about.pk),
            "messages_url": self.to("subject-messages", self.about.pk),
            "connection_url": self.to("connection", message.connection_id),
        }
        return TemplateResponse(request, "enrollment/message.html", context)
