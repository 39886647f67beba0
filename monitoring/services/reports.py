"""Reports: begun with their questions, saved answer by answer, frozen when they are submitted, commented on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery

from ctms.accounts.models import Scope, User
from ctms.core import protocols, signables
from ctms.core.acting import current_act
from ctms.core.compiled import Compiled
from ctms.core.editing import refuse_without
from ctms.core.refusals import BadInput, Refusal
from ctms.core.signables import Content
from ctms.core.use_case import use_case
from monitoring.lifecycle import EDITABLE, IN_REVIEW
from monitoring.models import (
    MonitoringVisit,
    ReportAnswer,
    ReportTemplate,
    ReportVersion,
    ReviewComment,
    VisitStatus,
)
from monitoring.rules import Question, known_questions, shipped_template, template_hash
from monitoring.services import letters
from sites.models import Site

LONGEST = 5000  # characters of a comment or note

# One statement for any number of answers: only those change that differ and are still as the writer saw them. It gives
# the versions of these and of those that stood as they were sent; what is missing, somebody else changed.
_SAVE = """
    with g as materialized (
        select * from unnest(%(codes)s::text[], %(answers)s::text[], %(comments)s::text[], %(notes)s::text[],
                             %(versions)s::int[]) as g(code, answer, comment, note, version)
    ), changed as (
        update monitoring_reportanswer a
        set answer = g.answer, comment = g.comment, note = g.note, version = a.version + 1,
            answered_at = %(at)s, answered_by_id = %(by)s
        from g
        where a.visit_id = %(visit)s and a.code = g.code and a.version = g.version
            and (a.answer, a.comment, a.note) is distinct from (g.answer, g.comment, g.note)
        returning a.code, a.version
    )
    select code, version from changed
    union all
    select a.code, a.version from monitoring_reportanswer a join g on a.code = g.code
    where a.visit_id = %(visit)s
        and (a.answer, a.comment, a.note) is not distinct from (g.answer, g.comment, g.note)
"""


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as somebody typed it, and the version of it that they had before them."""

    code: str
    answer: str
    comment: str
    note: str
    version: int


@dataclass(frozen=True, slots=True)
class Overtaken:
    """An answer that somebody else changed meanwhile: theirs, as it stands. Nothing of what was typed was saved."""

    code: str
    answer: str
    comment: str
    note: str
    version: int
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save: versions of all answers that stand as they were sent, and those overtaken."""

    versions: dict[str, int]
    overtaken: list[Overtaken]


def begin(visit: MonitoringVisit, *, at: datetime) -> None:
    """Gives a visit that begins its questions and what is known of the site. The caller saves the visit."""
    visit.template = _template(visit, at)
    visit.snapshot, visit.snapshot_at = _snapshot(visit, at), at
    asked = _asked(visit.template.content_sha256, visit.type, visit.template.pk)
    ReportAnswer.objects.bulk_create([
        ReportAnswer(
            sponsor_id=visit.sponsor_id, study_id=visit.study_id, site_id=visit.site_id, visit=visit, code=code,
            position=position,
        )
        for position, code in enumerate(asked)
    ])  # fmt: skip


@use_case
def save_answers(*, visit: MonitoringVisit, answers: Sequence[Given], by: User, at: datetime) -> Saved:
    """Saves what differs, in one statement. What somebody else changed meanwhile is left as it is, and told.

    Once the report was submitted, the act that is open has to carry the person's own reason.

    Raises:
        NotAllowed, Refusal, BadInput: nothing was saved.
    """
    ((status, rounds, kind, path, template_id, content_sha256),) = _HELD(visit=visit.pk)
    place = Scope(sponsor_id=visit.sponsor_id, path=path)
    refuse_without(by, "monitoring.author_tripreport", place, "writing reports at this site")
    if status not in EDITABLE:
        label = VisitStatus(status).label
        raise Refusal("READ_ONLY", f"The report of {visit} is “{label}”: nobody writes in it now.")
    if rounds and not current_act().by_person:
        raise BadInput("REASON", "Say why.", fields={"reason": "Say why: the report was submitted before."})
    _refuse_unusable(answers, _asked(content_sha256, kind, template_id))
    said: dict[str, Any] = {
        "codes": [one.code for one in answers], "answers": [one.answer for one in answers],
        "comments": [one.comment for one in answers], "notes": [one.note for one in answers],
        "versions": [one.version for one in answers], "visit": visit.pk, "at": at, "by": by.pk,
    }  # fmt: skip
    with connection.planned_once(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(_SAVE, said)
        versions = dict(cursor.fetchall())
    overtaken = []
    if rest := [one.code for one in answers if one.code not in versions]:
        rows = ReportAnswer.objects.filter(visit=visit, code__in=rest).values_list(
            "code", "answer", "comment", "note", "version", "answered_by__full_name", "answered_at"
        )
        overtaken = [Overtaken(*row) for row in rows]
    return Saved(versions, overtaken)


@use_case
def refresh_snapshot(*, visit: MonitoringVisit, by: User, at: datetime) -> MonitoringVisit:
    """Reads anew what the system knows of the site, for a report that is still written."""
    related = ("site__scope", "site__facility", "site__country", "site__study")
    visit = MonitoringVisit.objects.select_related(*related).locked(visit.pk)
    refuse_without(by, "monitoring.author_tripreport", visit, "writing reports at this site")
    if visit.status not in EDITABLE:
        raise Refusal("READ_ONLY", f"The report of {visit} is “{visit.get_status_display()}”: nobody writes in it now.")
    visit.snapshot = _snapshot(visit, at)
    visit.save(update_fields=["snapshot"])
    return visit


def freeze(visit: MonitoringVisit, content: Content, *, by: User, at: datetime) -> ReportVersion:
    """Keeps a report as its author signed it, and makes the letter of it. The caller saves the visit."""
    visit.rounds += 1
    version = ReportVersion.objects.create(
        sponsor_id=visit.sponsor_id, study_id=visit.study_id, site_id=visit.site_id, visit=visit, number=visit.rounds,
        content=json.dumps(content, ensure_ascii=False), content_sha256=signables.sha256(content), submitted_at=at,
        submitted_by=by,
    )  # fmt: skip
    letters.make_follow_up(version, visit, at=at)
    return version


@use_case
def comment_on(*, visit: MonitoringVisit, code: str, text: str, by: User, at: datetime) -> ReviewComment:
    """Says something about a submitted report, or about one question of it.

    Args:
        code: of the question; blank for the whole report.
    """
    related = MonitoringVisit.objects.select_related("site__scope", "template")
    visit = related.locked(visit.pk)
    if visit.status not in IN_REVIEW or visit.template is None:
        raise Refusal("NOT_IN_REVIEW", f"The report of {visit} is “{visit.get_status_display()}”: nobody comments now.")
    refuse_without(by, "monitoring.comment_tripreport", visit, "commenting on this report")
    fields = {}
    if code and code not in _asked(visit.template.content_sha256, visit.type, visit.template.pk):
        fields["code"] = "Choose a question of the report."
    if not text.strip():
        fields["text"] = "Say what there is to say."
    if fields:
        raise BadInput("COMMENT", "This comment cannot be kept as it is.", fields=fields)
    return ReviewComment.objects.create(
        sponsor_id=visit.sponsor_id, study_id=visit.study_id, site_id=visit.site_id, visit=visit, round=visit.rounds,
        code=code, text=text.strip(), said_at=at, said_by=by,
    )  # fmt: skip


def _held(*, visit: int) -> QuerySet[Any, Any]:
    """What saving has to know of a visit, which is locked by asking; nothing else of it is read, nor locked."""
    path = Site.objects.filter(pk=OuterRef("site")).values("scope__path")
    content = ReportTemplate.objects.filter(pk=OuterRef("template")).values("content_sha256")
    held = MonitoringVisit.objects.filter(pk=visit).select_for_update()
    return held.values_list("status", "rounds", "type", Subquery(path), "template", Subquery(content))


_HELD = Compiled(_held, visit=-101)


def _asked(content_sha256: str, kind: str, template_id: int) -> dict[str, Question]:
    return known_questions(content_sha256, kind, lambda: ReportTemplate.objects.get(pk=template_id).content)


def _template(visit: MonitoringVisit, at: datetime) -> ReportTemplate:
    """The template in force, taken into use by this sponsor where it was not yet."""
    content = shipped_template()
    template, _ = ReportTemplate.objects.get_or_create(
        sponsor_id=visit.sponsor_id, code=content["code"], version=content["version"],
        defaults={
            "title": content["title"], "content": content, "content_sha256": template_hash(content), "taken_at": at,
        },
    )  # fmt: skip
    return template


def _snapshot(visit: MonitoringVisit, at: datetime) -> list[dict[str, Any]]:
    names = {"label": "Fact", "value": "Value", "source": "Source", "as_of": "As of"}
    facts = [fact for provider in protocols.trip_report_facts() for fact in provider(visit.site, at)]
    return [{names[name]: value for name, value in asdict(fact).items()} for fact in facts]


def _refuse_unusable(answers: Sequence[Given], asked: dict[str, Question]) -> None:
    fields = {}
    for one in answers:
        question = asked.get(one.code)
        if question is None:
            fields[one.code] = "The report has no such question."
        elif one.answer and one.answer not in question.options:
            fields[one.code] = "Choose one of the answers."
        elif max(len(one.comment), len(one.note)) > LONGEST:
            fields[one.code] = f"At most {LONGEST:,} characters."
    if len({one.code for one in answers}) != len(answers):
        fields["answers"] = "A question is answered twice."
    if fields or not answers:
        code, sentence = next(iter(fields.items()), ("", "There is nothing to save."))
        raise BadInput("ANSWERS", f"{code}: {sentence}".strip(": "), fields=fields)
