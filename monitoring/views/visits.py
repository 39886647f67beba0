"""A visit's page, its moves, its days, and its letters."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from audit.signed import shown_under
from ctms.core import clock, documents
from ctms.core.acting import Channel, acting
from ctms.core.clock import is_simulated
from ctms.core.lifecycle import Lifecycle, Request
from ctms.desk.services.jobs import start_job
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, found
from ctms.web.posts import FormPage
from ctms.web.templatetags.ctms import day
from monitoring.columns import severity_tone, visit_tone
from monitoring.forms import ReplanForm, SentForm
from monitoring.letters import intro
from monitoring.lifecycle import EDITABLE, VISIT
from monitoring.models import Letter, VisitEvent, VisitStatus
from monitoring.pages import InVisit
from monitoring.services import letters, visits
from monitoring.views.planning import monitors_at

_DATED = ("confirm", "begin", "end")
_OTHER_MOVES = {"plan": "Planned", "replan": "Planned for another day"}


class Trip(InVisit):
    """The visit: its days and papers, what it brought up, and everything that happened to it."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        visit = self.visit
        may_plan, may_raise = self.may("monitoring.plan_visit"), self.may("monitoring.edit_issue")
        events = list(visit.events.select_related("recorded_by").order_by("-id"))
        context = {
            "visit": visit,
            "site": self.site,
            "site_url": self.url("site-visits"),
            "tone": visit_tone(visit.status),
            "facts": list(self._facts()),
            "offers": [
                {
                    "offer": offer, "url": self.url("trip-move", visit.pk, offer.move.name),
                    "objections": [(sentence, "") for sentence in offer.objections],
                }
                for offer in VISIT.offers(visit, Request(request.user))
            ],
            "report_url": self.report_url() if self.may_read_report() else "",
            "may_write": visit.status in EDITABLE and self.may("monitoring.author_tripreport"),
            "replan_url": self.url("trip-replan", visit.pk) if may_plan and not visit.has_report
            and visit.status != VisitStatus.CANCELLED else "",
            "letters": [
                {"letter": one, "url": self.url("letter", visit.pk, one.pk)} for one in visit.letters.all()
            ],
            "items": [
                {"item": one, "url": self.url("follow-up", one.number), "tone": severity_tone(one.severity)}
                for one in visit.follow_ups.order_by("number")
            ],
            "deviations": [
                {"deviation": one, "url": self.url("deviation", one.number), "tone": severity_tone(one.severity)}
                for one in visit.deviations.order_by("number")
            ],
            "item_url": f"{self.url('follow-up-add')}?visit={visit.pk}" if may_raise else "",
            "deviation_url": f"{self.url('deviation-add')}?visit={visit.pk}" if may_raise else "",
            "signatures": shown_under(visit) if self.may_read_report() else (),
            "timeline": [_event_item(event) for event in events],
            "is_simulated": is_simulated(),
        }  # fmt: skip
        return TemplateResponse(request, "monitoring/trip.html", context)

    def _facts(self) -> Iterator[dict[str, Any]]:
        visit = self.visit
        yield {"label": "Planned for", "value": day(visit.planned_on)}
        yield {"label": "Reason for it", "value": visit.trigger}
        yield {"label": "Why on that day", "value": visit.rationale}
        yield {"label": "How", "value": visit.get_mode_display()}
        yield {"label": "Monitor", "value": visit.monitor.full_name}
        if visit.starts_on:
            yield {"label": "First day", "value": day(visit.starts_on)}
        if visit.ends_on:
            today = self.site.today(clock.now())
            late = visit.status in EDITABLE and visit.report_due_on is not None and visit.report_due_on < today
            yield {"label": "Last day", "value": day(visit.ends_on)}
            yield {"label": "Report due", "value": day(visit.report_due_on), "tone": "bad" if late else ""}
            late = visit.approved_on is None and visit.approval_due_on is not None and visit.approval_due_on < today
            yield {"label": "Approval due", "value": day(visit.approval_due_on), "tone": "bad" if late else ""}
        if visit.approved_on:
            yield {"label": "Approved on", "value": day(visit.approved_on)}


class Move(InVisit, MoveView):
    """A move of the visit or of its report."""

    @property
    def is_dated(self) -> bool:  # type: ignore[override]
        return self.kwargs["move"] in _DATED

    @property
    def place_title(self) -> str:
        return self.visit.label

    @property
    def lifecycle(self) -> Lifecycle:
        return VISIT

    @property
    def record(self) -> Any:
        return self.visit

    def today(self) -> Any:
        return self.site.today(clock.now())

    def remedies(self, move: Any) -> dict[str, str]:
        return {}

    def make(self, **said: Any) -> VisitEvent:
        return visits.move_visit(visit=self.visit, **said)


class Replan(InVisit, FormPage):
    title = "Plan for another day"
    deed = "Planning a visit anew"

    def may_enter(self) -> bool:
        return self.may("monitoring.plan_visit")

    @property
    def subject(self) -> str:
        return str(self.visit)

    def make_form(self, data: Any = None) -> ReplanForm:
        initial = {"planned_on": self.visit.planned_on, "monitor": self.visit.monitor}
        return ReplanForm(data, monitors=monitors_at(self.site), initial=initial)

    def carry_out(self, said: dict[str, Any]) -> str:
        visit = visits.replan_visit(visit=self.visit, by=self.request.user, at=clock.now(), **said)
        return f"{visit}: planned for {day(visit.planned_on)}."


class InLetter(InVisit):
    @cached_property
    def letter(self) -> Letter:
        rows = Letter.objects.visible_to(self.request.user).filter(visit=self.visit)
        letter: Letter = found(rows.filter(pk=self.kwargs["letter"]).select_related("sent_by", "version", "visit"))
        return letter

    @property
    def place_title(self) -> str:
        return self.letter.get_kind_display()

    @property
    def back_url(self) -> str:
        return self.url("letter", self.visit.pk, self.letter.pk)


class LetterPage(InLetter):
    """A letter as it is printed."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        letter = self.letter
        waits = letter.sent_on is None and not letter.replaced
        context = {
            "letter": letter,
            "visit": self.visit,
            "visit_url": self.url("trip", self.visit.pk),
            "intro": intro(self.visit, letter.kind),
            "content": json.loads(letter.content),
            "pdf_url": self.url("letter-pdf", self.visit.pk, letter.pk),
            "pdf_impossible": documents.why_impossible(),
            "sent_url": self.url("letter-sent", self.visit.pk, letter.pk)
            if waits and self.may("monitoring.plan_visit") else "",
        }  # fmt: skip
        return TemplateResponse(request, "monitoring/letter.html", context)


class LetterSent(InLetter, FormPage):
    title = "Record as sent"
    deed = "Sending a letter to the site"

    def may_enter(self) -> bool:
        return self.may("monitoring.plan_visit")

    @property
    def subject(self) -> str:
        return str(self.letter)

    def make_form(self, data: Any = None) -> SentForm:
        return SentForm(data, initial={"sent_on": self.site.today(clock.now())})

    def carry_out(self, said: dict[str, Any]) -> str:
        letters.mark_sent(letter=self.letter, by=self.request.user, at=clock.now(), **said)
        return f"{self.letter}: sent."

    def next_url(self) -> str:
        return self.url("trip", self.visit.pk)


class Pdf(InVisit):
    """Has a paper of the visit prepared as a PDF, in the background."""

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with acting(request.user, reason="Preparing a paper of a visit", channel=Channel.WEB):
            job = start_job(
                kind=self.kind, arguments=self.arguments(), title=self.paper(), by=request.user, at=clock.now()
            )  # fmt: skip
        return redirect("job", self.sponsor.code, job.pk)

    kind = "visit-report"

    def arguments(self) -> dict[str, Any]:
        return {"visit": self.visit.pk}

    def paper(self) -> str:
        return f"Report of {self.visit}"

    def may_enter(self) -> bool:
        return self.may_read_report()


class LetterPdf(InLetter, Pdf):
    kind = "visit-letter"

    def arguments(self) -> dict[str, Any]:
        return {"letter": self.letter.pk}

    def paper(self) -> str:
        return str(self.letter)

    def may_enter(self) -> bool:
        return bool(self.letter)


def _event_item(event: VisitEvent) -> dict[str, Any]:
    move = VISIT.move(event.move)
    planned = f", for {day(event.planned_on)}" if event.move in ("plan", "replan", "reinstate") else ""
    title, status = move.label if move else _OTHER_MOVES[event.move], event.get_to_status_display()
    return {
        "title": title,
        "chip": {"label": status, "tone": visit_tone(event.to_status)} if status != title else None,
        "text": f"On {day(event.effective_on)}{planned}",
        "why": event.reason,
        "who": event.recorded_by.full_name,
        "at": event.recorded_at,
        "simulated": is_simulated(),
    }
