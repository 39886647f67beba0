"""Pages of follow-up items and deviations."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django.http import HttpResponse
from django.template.response import TemplateResponse

from ctms.core import clock
from ctms.core.lifecycle import Lifecycle, Request
from ctms.web.edits import EditView
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest
from ctms.web.posts import FormPage
from ctms.web.templatetags.ctms import day
from monitoring.columns import deviation_tone, follow_up_tone, severity_tone
from monitoring.forms import DeviationForm, FollowUpForm, NoteForm
from monitoring.lifecycle import DEVIATION, FOLLOW_UP
from monitoring.models import Deviation, FollowUpItem, FollowUpStatus
from monitoring.pages import InDeviation, InItem, visit_of
from monitoring.queries import question_words
from monitoring.rules import escalation
from monitoring.services import issues
from sites.pages import InSite


class Raise(InSite):
    """Putting down something new at a site, perhaps at a visit."""

    submit: ClassVar[str] = "Add"

    def may_enter(self) -> bool:
        return self.may("monitoring.edit_issue")

    @property
    def subject(self) -> str:
        return self.site.name

    @property
    def back_url(self) -> str:
        visit = visit_of(self)
        return self.url("trip-report", visit.pk) if visit and visit.has_report else self.url("site-visits")


class RaiseFollowUp(Raise, FormPage):
    page = "follow-ups"
    title = "New follow-up item"
    deed = "Raising a follow-up item"

    def make_form(self, data: Any = None) -> FollowUpForm:
        return FollowUpForm(data)

    def carry_out(self, said: dict[str, Any]) -> str:
        asked = self.request.GET.get("question", "")[:20]
        item = issues.raise_follow_up(
            site=self.site, visit=visit_of(self), question=asked if asked.isprintable() else "", by=self.request.user,
            at=clock.now(), **said,
        )  # fmt: skip
        return f"{item}: due {day(item.due_on)}."


class FollowUpPage(InItem):
    """One item, and what became of it."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        item, query = self.item, self.request.GET.urlencode()
        asked = f"?{query}" if self.visit_asked() else ""
        late = item.status == "OPEN" and item.due_on < self.site.today(clock.now())
        events = item.events.select_related("recorded_by", "visit").order_by("-id")
        context = {
            "item": item,
            "site": self.site,
            "tone": follow_up_tone(item.status),
            "severity_tone": severity_tone(item.severity),
            "facts": [
                {"label": "Site", "value": self.site.label, "url": self.url("site-visits")},
                {"label": "Severity", "value": item.get_severity_display()},
                {"label": "Who does it", "value": item.get_owner_display()},
                {"label": "Due", "value": day(item.due_on), "tone": "bad" if late else ""},
                *self._escalated(),
                {"label": "Raised at", "value": item.visit.label if item.visit else "No visit",
                 "url": self.url("trip", item.visit_id) if item.visit_id else ""},
                {"label": "Question", "value": question_words(item) or "None"},
                {"label": "Raised by", "value": f"{item.raised_by.full_name}, {day(item.raised_at)}"},
            ],
            "offers": [
                {
                    "offer": offer, "url": self.url("follow-up-move", item.number, offer.move.name) + asked,
                    "objections": [(sentence, "") for sentence in offer.objections],
                }
                for offer in FOLLOW_UP.offers(item, Request(request.user))
            ],
            "note_url": self.url("follow-up-note", item.number) + asked
            if item.status == "OPEN" and self.may("monitoring.edit_issue") else "",
            "timeline": [
                {
                    "title": event.get_to_status_display(), "why": event.note, "who": event.recorded_by.full_name,
                    "at": event.recorded_at, "text": f"At {event.visit.label}" if event.visit else "",
                }
                for event in events
            ],
        }  # fmt: skip
        return TemplateResponse(request, "monitoring/follow_up.html", context)

    def _escalated(self) -> Iterator[dict[str, Any]]:
        """To whom it has gone because it is overdue, and since when."""
        if self.item.status != FollowUpStatus.OPEN:
            return
        for step in escalation():
            since = self.item.due_on + timedelta(days=step.after_days)
            if since <= self.site.today(clock.now()):
                yield {"label": "Escalated", "value": f"To {step.to} of reports, {day(since)}", "tone": "bad"}


class NoteProgress(InItem, FormPage):
    title = "Note progress"
    deed = "Noting how far an item is"

    def may_enter(self) -> bool:
        return self.may("monitoring.edit_issue")

    @property
    def subject(self) -> str:
        return str(self.item)

    def make_form(self, data: Any = None) -> NoteForm:
        return NoteForm(data)

    def carry_out(self, said: dict[str, Any]) -> str:
        issues.note_progress(item=self.item, visit=self.visit_asked(), by=self.request.user, at=clock.now(), **said)
        return f"{self.item}: noted."


class FollowUpMove(InItem, MoveView):
    is_dated = False

    @property
    def lifecycle(self) -> Lifecycle:
        return FOLLOW_UP

    @property
    def record(self) -> FollowUpItem:
        return self.item

    def make(self, **said: Any) -> Any:
        return issues.move_follow_up(item=self.item, visit=self.visit_asked(), **said)


class RaiseDeviation(Raise, EditView):
    page = "deviations"
    title = "New deviation"
    form_class = DeviationForm
    deed = "Putting down a deviation"

    def initial(self) -> dict[str, Any]:
        return {"discovered_on": self.site.today(clock.now())}

    def save(self, said: dict[str, Any], version: int | None) -> Deviation:
        return issues.raise_deviation(
            site=self.site, said=said, visit=visit_of(self), by=self.request.user, at=clock.now()
        )  # fmt: skip


class DeviationPage(InDeviation):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        one = self.deviation
        important = {True: "Yes", False: "No"}.get(one.is_important, "Not decided yet")  # type: ignore[arg-type]
        context = {
            "deviation": one,
            "site": self.site,
            "tone": deviation_tone(one.status),
            "severity_tone": severity_tone(one.severity),
            "facts": [
                {"label": "Site", "value": self.site.label, "url": self.url("site-visits")},
                {"label": "Category", "value": one.get_category_display()},
                {"label": "Severity", "value": one.get_severity_display()},
                {"label": "Important", "value": important},
                {"label": "Subject number", "value": one.subject},
                {"label": "Happened on", "value": day(one.occurred_on)},
                {"label": "Found on", "value": day(one.discovered_on)},
                {"label": "Found by", "value": one.get_discovered_by_display()},
                {"label": "Found at", "value": one.visit.label if one.visit else "No visit",
                 "url": self.url("trip", one.visit_id) if one.visit_id else ""},
                *([{"label": "What says so", "value": one.source}] if one.source else []),
                {"label": "Put down by", "value": f"{one.raised_by.full_name}, {day(one.raised_at)}"},
            ],
            "edit_url": self.url("deviation-edit", one.number)
            if self.may("monitoring.edit_issue") and not one.is_settled else "",
            "offers": [
                {
                    "offer": offer, "url": self.url("deviation-move", one.number, offer.move.name),
                    "objections": [(sentence, "") for sentence in offer.objections],
                }
                for offer in DEVIATION.offers(one, Request(request.user))
            ],
        }  # fmt: skip
        return TemplateResponse(request, "monitoring/deviation.html", context)


class EditDeviation(InDeviation, EditView):
    title = "Edit deviation"
    form_class = DeviationForm
    deed = "Editing a deviation"

    def may_enter(self) -> bool:
        return self.may("monitoring.edit_issue")

    @property
    def record(self) -> Deviation:
        return self.deviation

    def save(self, said: dict[str, Any], version: int | None) -> Deviation:
        return issues.edit_deviation(
            deviation=self.deviation, changes=said, version=version, by=self.request.user, at=clock.now()
        )  # fmt: skip


class DeviationMove(InDeviation, MoveView):
    is_dated = False

    @property
    def lifecycle(self) -> Lifecycle:
        return DEVIATION

    @property
    def record(self) -> Deviation:
        return self.deviation

    def make(self, **said: Any) -> Any:
        return issues.move_deviation(deviation=self.deviation, **said)
