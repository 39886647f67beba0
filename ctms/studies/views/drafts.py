"""Building a version of the visit schedule by hand."""

from typing import Any

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from ctms.core import protocols
from ctms.studies.forms import ContactForm, NewScheduleForm, VisitForm
from ctms.studies.models import (
    ProtocolVersion,
    ScheduledContact,
    ScheduledVisit,
    ScheduleStatus,
    VisitSchedule,
)
from ctms.studies.services import drafts
from ctms.studies.views.schedules import InSchedule
from ctms.studies.wording import day_words, window_words
from ctms.web.edits import EditView
from ctms.web.places import PageRequest, found
from ctms.web.posts import FormPage, PostOnly

_VISIT_COLUMNS = ({"label": "Visit"}, {"label": "Epoch"}, {"label": ""})
_CONTACT_COLUMNS = tuple({"label": label} for label in ("Contact", "Visit", "Day", "Window", ""))
_STEPS = {"up": -1, "down": 1}


class NewDraft(InSchedule, FormPage):
    title = "New version of the visit schedule"
    deed = "Drafting a visit schedule"
    submit = "Make the draft"

    made: VisitSchedule

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, "studies.edit_study", self.study)

    @property
    def subject(self) -> str:
        return self.study.protocol_no

    @property
    def back_url(self) -> str:
        return reverse("schedule", args=[self.sponsor.code, self.study.slug])

    def make_form(self, data: Any = None) -> NewScheduleForm:
        protocol_versions = ProtocolVersion.objects.visible_to(self.request.user).filter(study=self.study)
        latest = self.versions.order_by("-number").first()
        return NewScheduleForm(
            data, versions=self.versions, protocols=protocol_versions, initial={"copied_from": latest}
        )

    def carry_out(self, said: dict[str, Any]) -> str:
        self.made = drafts.draft_schedule(study=self.study, by=self.request.user, **said)
        return f"{self.made}: drafted."

    def next_url(self) -> str:
        return reverse("schedule-edit", args=[self.sponsor.code, self.study.slug, self.made.number])


class InDraft(InSchedule):
    """A page that changes a version while it is a draft; afterwards it is not there."""

    schedule: VisitSchedule

    def may_enter(self) -> bool:
        is_draft = self.schedule.status == ScheduleStatus.DRAFT
        return is_draft and protocols.authority().may(self.request.user, "studies.edit_study", self.study)

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, self.schedule.number, *more])

    @property
    def subject(self) -> str:
        return f"{self.schedule}, {self.study.protocol_no}"

    @property
    def back_url(self) -> str:
        return self.url("schedule-edit")

    def undo_url(self, record: Any) -> str:
        return ""


class Draft(InDraft):
    """The draft with all its parts, each to be changed, moved or taken out."""

    title = "Edit draft"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        contacts = self.schedule.contacts.select_related("visit", "anchor").order_by("position")
        context = {
            "schedule": self.schedule,
            "study": self.study,
            "visits": [self._item("schedule-visit", visit) for visit in self.schedule.visits.order_by("position")],
            "contacts": [self._contact(contact) for contact in contacts],
            "visit_columns": _VISIT_COLUMNS,
            "contact_columns": _CONTACT_COLUMNS,
            "add_visit_url": self.url("schedule-visit-add"),
            "add_contact_url": self.url("schedule-contact-add"),
            "look_url": self.url("schedule-version"),
        }
        return TemplateResponse(request, "studies/draft.html", context)

    def _contact(self, contact: ScheduledContact) -> dict[str, Any]:
        return {
            **self._item("schedule-contact", contact),
            "day": day_words(contact.day).removeprefix("day "),
            "from": str(contact.anchor or ""),
            "window": window_words(contact.window_before, contact.window_after),
        }

    def _item(self, name: str, part: Any) -> dict[str, Any]:
        return {
            "part": part,
            "edit_url": self.url(name, part.pk),
            "up_url": self.url(f"{name}-step", part.pk, "up"),
            "down_url": self.url(f"{name}-step", part.pk, "down"),
            "remove_url": self.url(f"{name}-step", part.pk, "remove"),
        }


class AddVisit(InDraft, EditView):
    title = "Add a visit"
    form_class = VisitForm
    deed = "Adding a visit"
    submit = "Add"

    def save(self, said: dict[str, Any], version: int | None) -> ScheduledVisit:
        return drafts.add_visit(schedule=self.schedule, fields=said, by=self.request.user)


class EditVisit(InDraft, EditView):
    title = "Edit visit"
    form_class = VisitForm
    deed = "Editing a visit"

    @cached_property
    def record(self) -> ScheduledVisit:
        visit: ScheduledVisit = found(self.schedule.visits.filter(pk=self.kwargs["visit"]))
        return visit

    def save(self, said: dict[str, Any], version: int | None) -> ScheduledVisit:
        return drafts.edit_visit(visit=self.record, changes=said, version=version, by=self.request.user)


class InContact(InDraft, EditView):
    form_class = ContactForm

    def form_options(self) -> dict[str, Any]:
        others = self.schedule.contacts.exclude(pk=self.kwargs.get("contact", 0))
        return {"visits": self.schedule.visits.order_by("position"), "anchors": others.order_by("position")}

    def make_form(self, data: Any = None) -> ContactForm:
        self.form: ContactForm = super().make_form(data)  # type: ignore[assignment]
        return self.form


class AddContact(InContact):
    title = "Add a contact"
    deed = "Adding a contact"
    submit = "Add"

    def save(self, said: dict[str, Any], version: int | None) -> ScheduledContact:
        del said["activities"]
        activities = self.form.activities_now()
        return drafts.add_contact(schedule=self.schedule, fields=said, activities=activities, by=self.request.user)


class EditContact(InContact):
    title = "Edit contact"
    deed = "Editing a contact"

    @cached_property
    def record(self) -> ScheduledContact:
        contact: ScheduledContact = found(self.schedule.contacts.filter(pk=self.kwargs["contact"]))
        return contact

    def initial(self) -> dict[str, Any]:
        """A contact whose day is only told, not measured, shows it as its distance from day 0."""
        done = self.record.activities.order_by("activity__position").values_list("activity__name", flat=True)
        initial: dict[str, Any] = {"activities": "\n".join(done)}
        if self.record.anchor_id is None:
            initial["offset"] = self.record.day
        return initial

    def save(self, said: dict[str, Any], version: int | None) -> ScheduledContact:
        del said["activities"]
        before, now = self.form.activities_before(), self.form.activities_now()
        return drafts.edit_contact(
            contact=self.record, changes=said, added=[name for name in now if name not in before],
            removed=[name for name in before if name not in now], version=version, by=self.request.user,
        )  # fmt: skip


class Step(InDraft, PostOnly):
    """A visit or contact moved up or down, taken out, or put back."""

    deed = "Rearranging a draft"
    undo_name = ""

    @cached_property
    def part(self) -> Any:
        key = self.kwargs.get("visit") or self.kwargs["contact"]
        model = ScheduledVisit if "visit" in self.kwargs else ScheduledContact
        return found(model.everything.visible_to(self.request.user).filter(schedule=self.schedule, pk=key))

    def carry_out(self) -> tuple[str, str]:
        step, part, by = self.kwargs["step"], self.part, self.request.user
        if step in _STEPS and part.position is not None:
            drafts.shift(part=part, by_places=_STEPS[step], by=by)
            return f"{part}: moved {step}.", ""
        if step == "remove" and part.position is not None:
            drafts.remove(part=part, by=by)
            return f"{part}: taken out.", self.url(self.undo_name, part.pk, "put-back")
        if step == "put-back":
            drafts.put_back(part=part, by=by)
            return f"{part}: back in its place.", ""
        raise Http404


class VisitStep(Step):
    undo_name = "schedule-visit-step"


class ContactStep(Step):
    undo_name = "schedule-contact-step"
