"""The report editor: one page for writing, reviewing and reading; and where its answers are saved."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from ctms.core import clock, documents
from ctms.core.acting import Channel, acting, says_why
from ctms.core.lifecycle import Request
from ctms.core.refusals import BadInput, Conflict, NotAllowed, Refusal
from ctms.core.wording import counted
from ctms.core.workdays import workdays_between
from ctms.web.places import PageRequest, Place
from ctms.web.posts import PostOnly
from ctms.web.refusable import RefusableForm, refuse_hidden
from ctms.web.templatetags.ctms import day, utc
from monitoring.columns import severity_tone, visit_tone
from monitoring.forms import CommentForm
from monitoring.lifecycle import EDITABLE, IN_REVIEW, VISIT, carried_over
from monitoring.models import FollowUpStatus, ReportAnswer
from monitoring.pages import InVisit
from monitoring.rules import Question, sections
from monitoring.services import reports
from monitoring.services.reports import Given, Overtaken, Saved

_WRITING = "Writing a visit report"
_DECISIONS = ("return", "review", "send_back", "approve")  # taken by whoever has just read the report


class InReport(InVisit):
    def may_enter(self) -> bool:
        return self.may_read_report()

    @property
    def place_title(self) -> str:
        return "Report"

    @property
    def place(self) -> Place:
        return replace(super().place, above=[(self.visit.label, self.url("trip", self.visit.pk))])

    @cached_property
    def may_write(self) -> bool:
        return self.visit.status in EDITABLE and self.may("monitoring.author_tripreport")

    def save(self, answers: list[Given], reason: str) -> Saved:
        _refuse_unreadable(answers, reason)
        with acting(self.request.user, reason=reason or _WRITING, channel=Channel.WEB, by_person=bool(reason)):
            return reports.save_answers(visit=self.visit, answers=answers, by=self.request.user, at=clock.now())


class Report(InReport):
    """The report, with every question; to be written in as long as it may be."""

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page({}, {})

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The whole form, as browsers without JavaScript send it."""
        if not self.may("monitoring.author_tripreport"):
            raise Http404
        rows = self.visit.answers.values_list("code", "version")
        typed = {code: self._typed(code, version) for code, version in rows if f"v-{code}" in request.POST}
        try:
            saved = self.save(list(typed.values()), request.POST.get("reason", "").strip())
        except NotAllowed:
            raise
        except Refusal as refusal:
            return self._page(typed, {}, refusal=refusal, status=refusal.status)
        if saved.overtaken:
            return self._page(typed, {one.code: one for one in saved.overtaken}, status=409)
        messages.success(request, "Saved.")
        return redirect(self.report_url())

    def _typed(self, code: str, version: int) -> Given:
        said = self.request.POST
        base = said.get(f"v-{code}", "")
        known = int(base) if base.isascii() and base.isdigit() and len(base) < 9 else version
        lines = {name: said.get(f"{name}-{code}", "").replace("\r\n", "\n") for name in "acn"}
        return Given(code, lines["a"], lines["c"], lines["n"], known)

    def _page(
        self, typed: Mapping[str, Given], overtaken: Mapping[str, Overtaken], *, refusal: Refusal | None = None,
        status: int = 200,
    ) -> HttpResponse:  # fmt: skip
        visit = self.visit
        submit = VISIT.move("submit")
        parts = list(self._sections(typed, overtaken))
        context = {
            "visit": visit,
            "tone": visit_tone(visit.status),
            "visit_url": self.url("trip", visit.pk),
            "sections": parts,
            "done": sum(one["done"] for one in parts),
            "all": sum(one["all"] for one in parts),
            "may_write": self.may_write,
            "days": " – ".join(dict.fromkeys(day(one) for one in (visit.starts_on, visit.ends_on) if one)),
            "late": self._late(),
            "comment_form": self._may_comment(),
            "comment_url": self.url("trip-comment", visit.pk),
            "comments": [one for one in self._comments if not one.code],
            "refusal": refusal,
            "overtaken": overtaken,
            "asks_reason": self.may_write and visit.rounds > 0,
            "reason": self.request.POST.get("reason", "") or self._reason(),
            "save_url": self.url("trip-save", visit.pk),
            "sign_in_url": f"{reverse('sign-in')}?{urlencode({'next': self.report_url()})}",
            "refresh_url": self.url("trip-refresh", visit.pk) if self.may_write else "",
            "pdf_url": self.url("trip-pdf", visit.pk),
            "pdf_impossible": documents.why_impossible(),
            "submit_url": self.url("trip-move", visit.pk, "submit")
            if submit and visit.status in submit.sources and self.may(submit.verb) else "",
            "decisions": [
                {"offer": offer, "url": self.url("trip-move", visit.pk, offer.move.name)}
                for offer in VISIT.offers(visit, Request(self.request.user))
                if offer.is_open and offer.move.name in _DECISIONS
            ],
            "facts": [
                {"label": one["Fact"], "value": one["Value"]} for one in visit.snapshot
            ],
            "sources": sorted({(one["Source"], one["As of"]) for one in visit.snapshot}),
            "carried": list(self._carried()),
            "item_url": f"{self.url('follow-up-add')}?visit={visit.pk}" if self._may_raise else "",
            "deviation_url": f"{self.url('deviation-add')}?visit={visit.pk}" if self._may_raise else "",
            "deviations": [
                {"text": f"{one}: {one.description}", "url": self.url("deviation", one.number),
                 "tone": severity_tone(one.severity), "due": one.get_severity_display(),
                 "meta": one.get_category_display()}
                for one in visit.deviations.order_by("number")
            ],
        }  # fmt: skip
        return TemplateResponse(self.request, "monitoring/report.html", context, status=status)

    def _late(self) -> str:
        """By how much the report is late, in words; "" where it is not, or not any more."""
        due_on, today = self.visit.report_due_on, self.site.today(clock.now())
        if due_on is None or due_on >= today or self.visit.status not in EDITABLE:
            return ""
        days = workdays_between(due_on, today, self.visit.site.country.country)
        return f", late by {counted(days, 'working day')}"

    @cached_property
    def _may_raise(self) -> bool:
        return self.visit.status in EDITABLE and self.may("monitoring.edit_issue")

    @cached_property
    def _comments(self) -> list[Any]:
        return list(self.visit.comments.select_related("said_by").order_by("id"))

    def _may_comment(self) -> RefusableForm | None:
        may = self.visit.status in IN_REVIEW and self.may("monitoring.comment_tripreport")
        return CommentForm() if may else None

    def _reason(self) -> str:
        """Why a report that was returned is changed: what its reviewer said, unless its author says otherwise."""
        event = self.visit.events.filter(move__in=("return", "send_back", "amend")).order_by("-id").first()
        return f"{event.get_to_status_display()}: {event.reason}"[:300] if event else ""

    def _carried(self) -> Iterable[dict[str, Any]]:
        here = f"?visit={self.visit.pk}"
        dealt_with = set(self.visit.outcomes.values_list("item", flat=True))
        for item in carried_over(self.visit):
            noted = item.pk in dealt_with
            late = item.status == FollowUpStatus.OPEN and item.due_on < self.site.today(clock.now())
            yield {
                "text": f"{item}: {item.text}", "url": self.url("follow-up", item.number) + here,
                "tone": severity_tone(item.severity), "due": f"due {item.due_on:%-d %b %Y}",
                "due_tone": "bad" if late else "",
                "meta": item.get_status_display() + (", outcome noted" if noted else ", outcome to be noted"),
            }  # fmt: skip

    def _sections(self, typed: Mapping[str, Given], overtaken: Mapping[str, Overtaken]) -> Iterable[dict[str, Any]]:
        assert self.visit.template is not None
        rows = {one.code: one for one in self.visit.answers.select_related("answered_by")}
        raised: dict[str, list[Any]] = {}
        for item in self.visit.follow_ups.order_by("number"):
            raised.setdefault(item.question, []).append(
                {"item": item, "url": self.url("follow-up", item.number), "tone": severity_tone(item.severity)}
            )
        said: dict[str, list[Any]] = {}
        for comment in self._comments:
            said.setdefault(comment.code, []).append(comment)
        for section in sections(self.visit.template.content, self.visit.type):
            shown = [
                self._question(question, rows[question.code], typed, overtaken)
                | {"items": raised.get(question.code, []), "comments": said.get(question.code, [])}
                for question in section.questions if question.code in rows
            ]  # fmt: skip
            done = sum(not one["missing"] for one in shown)
            yield {
                "code": section.code, "title": section.title, "questions": shown, "done": done, "all": len(shown),
                "state": "done" if done == len(shown) else "begun" if done else "",
            }  # fmt: skip

    def _question(
        self, question: Question, row: ReportAnswer, typed: Mapping[str, Given], overtaken: Mapping[str, Overtaken]
    ) -> dict[str, Any]:
        now = typed.get(question.code) or row
        theirs = overtaken.get(question.code)
        return {
            "question": question,
            "slug": question.code.replace(".", "-"),
            "answer": now.answer,
            "answer_words": question.options.get(now.answer, ""),
            "comment": now.comment,
            "note": now.note,
            "version": theirs.version if theirs else now.version,
            "missing": question.lacks(now.answer, now.comment),
            "theirs": theirs and {
                "by": theirs.by, "at": theirs.at, "comment": theirs.comment, "note": theirs.note,
                "answer": question.options.get(theirs.answer, ""),
            },
            "options": [(code, words) for code, words in question.options.items()],
            "row": row,
        }  # fmt: skip


class Save(InReport):
    """Where the page saves answer by answer, without being loaded anew. What it sends and gets is JSON."""

    def may_enter(self) -> bool:
        return self.visit.has_report and self.may("monitoring.author_tripreport")

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            person, answers, reason = _read(request.body)
            if person != request.user.pk:
                raise Conflict("OTHER_PERSON", "Somebody else is signed in here now; these answers are not theirs.")
            saved = self.save(answers, reason)
        except Refusal as refusal:
            objection = {"code": refusal.code, "message": refusal.message, "fields": refusal.fields}
            return JsonResponse(objection, status=refusal.status)
        overtaken = [
            {
                "code": one.code, "answer": one.answer, "comment": one.comment, "note": one.note,
                "version": one.version, "by": one.by or "Somebody", "at": utc(one.at),
            }
            for one in saved.overtaken
        ]  # fmt: skip
        body = {"versions": saved.versions, "overtaken": overtaken, "at": utc(clock.now())}
        return JsonResponse(body, status=409 if overtaken else 200)


class Comment(InReport, PostOnly):
    """What a reviewer says about the report or one of its questions."""

    deed = "Commenting on a visit report"

    def may_enter(self) -> bool:
        return self.may_read_report() and self.may("monitoring.comment_tripreport")

    @property
    def back_url(self) -> str:
        code = self.request.POST.get("code", "").replace(".", "-")
        return self.report_url() + (f"#q-{code}" if code else "")

    def carry_out(self) -> tuple[str, str]:
        form = CommentForm(self.request.POST)
        if not form.is_valid():
            raise BadInput("COMMENT", "Say in a sentence what there is to say.")
        reports.comment_on(visit=self.visit, by=self.request.user, at=clock.now(), **form.cleaned_data)
        return "Comment kept.", ""


class Refresh(InReport, PostOnly):
    """Reads anew what the system knows of the site."""

    deed = "Reading the site's status anew for a report"

    def may_enter(self) -> bool:
        return self.visit.has_report and self.may("monitoring.author_tripreport")

    @property
    def back_url(self) -> str:
        return self.report_url()

    def carry_out(self) -> tuple[str, str]:
        reports.refresh_snapshot(visit=self.visit, by=self.request.user, at=clock.now())
        return "Status at the site read anew.", ""


def _read(body: bytes) -> tuple[int, list[Given], str]:
    """(person, answers, reason) of what the page sent."""
    try:
        said = json.loads(body)
        person, reason = int(said["person"]), str(said.get("reason", "")).strip()
        answers = [
            Given(
                code=_text(one["code"]), answer=_text(one["answer"]), comment=_text(one["comment"]),
                note=_text(one["note"]), version=int(one["version"]),
            )
            for one in said["answers"]
        ]  # fmt: skip
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BadInput("UNREADABLE", "This is not what the page of the report sends.") from error
    if any(not 0 <= one.version < 2**31 for one in answers):
        raise BadInput("UNREADABLE", "This is not what the page of the report sends.")
    return person, answers, reason if says_why(reason) else ""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _refuse_unreadable(answers: Iterable[Given], reason: str) -> None:
    """Words that would not be what they look like."""
    said = [("reason", "Reason", reason)]
    said += [(one.code, f"Question {one.code}", text) for one in answers for text in (one.comment, one.note)]
    for field, what, text in said:
        try:
            refuse_hidden(text)
        except ValidationError as error:
            sentence = " ".join(error.messages)
            raise BadInput("HIDDEN", f"{what}: {sentence}", fields={field: sentence}) from error
