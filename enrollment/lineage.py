"""From a subject's day, or from a visit, back to what other systems said: the fact, its run, its mapping, its reply."""

import zlib
from collections.abc import Iterable

from django.db.models import Case, Q, QuerySet, TextField, Value, When

from ctms.integrations import registry, wording
from ctms.integrations.models import FeedItem, FeedPayload, ItemStatus, SourceFact
from ctms.integrations.ports import What, line_of
from ctms.integrations.registry import Domain
from ctms.studies.models import ScheduledVisit, Study
from enrollment.models import MILESTONES, Milestone, Subject, SubjectVisit
from enrollment.sides import said_in

WORDS = {what: words for what, words in wording.WORDS.items() if what not in (What.SITE, What.DOCUMENT)}


def messages_about(study: Study, number: str) -> QuerySet[SourceFact]:
    """What the study's systems say of a subject, as of their newest saying."""
    said = SourceFact.objects.filter(connection__scope=study.scope_id, subject=number)
    return said.select_related("connection", "run__mapping")


def with_meaning(said: QuerySet[SourceFact], subject: Subject) -> QuerySet[SourceFact]:
    """The messages about a subject with `means`: the visit or milestone that their word is here; "" for neither."""
    visits = ScheduledVisit.objects.filter(schedule=subject.schedule_id).values_list("code", "label")
    labels = {code: label or code for code, label in visits}
    known = []
    for connection, words in said_in(subject.study):
        days = {theirs: str(Milestone(ours).label) for theirs, ours in words.get("days", {}).items()}
        events = {theirs: labels.get(ours, ours) for theirs, ours in words.get("visits", {}).items()}
        known += [
            When(connection=connection.pk, event=theirs, then=Value(ours))
            for theirs, ours in {**labels, **events, **days}.items()
        ]
    return said.annotate(means=Case(*known, default=Value(""), output_field=TextField()))


def about(message: SourceFact) -> str:
    """What a message is about, in words; of those `with_meaning`."""
    words, means = WORDS.get(message.what, message.what), getattr(message, "means", "")
    return f"{words}: {means}" if means else words


def said_of_milestone(subject: Subject, milestone: Milestone) -> list[SourceFact]:
    """The messages from which this day of a subject follows, corrections of them included; the oldest first."""
    master = registry.masters(subject.study.scope)[MILESTONES[milestone]]
    wanted = Q(pk=None)
    for connection, words in said_in(subject.study):
        if connection.kind == master:
            events = [theirs for theirs, ours in words.get("days", {}).items() if ours == milestone]
            wanted |= Q(connection=connection.pk, event__in=events)
    return _with_corrections(subject, messages_about(subject.study, subject.number).filter(wanted, what=What.DAY))


def said_of_visit(visit: SubjectVisit) -> list[SourceFact]:
    """The messages by which a visit took place and was entered, the first form of it; the oldest first."""
    subject = visit.subject
    master = registry.masters(subject.study.scope)[Domain.VISITS]
    wanted = Q(pk=None)
    for connection, words in said_in(subject.study):
        if connection.kind == master:
            visits = words.get("visits", {})
            events = [theirs for theirs, ours in visits.items() if ours == visit.code]
            if visit.code not in visits:
                events.append(visit.code)
            wanted |= Q(connection=connection.pk, event__in=events)
    said = messages_about(subject.study, subject.number).filter(wanted, what__in=(What.VISIT, What.FORM))
    found = _with_corrections(subject, said)
    forms = [fact for fact in found if fact.what == What.FORM]
    return [fact for fact in found if fact.what != What.FORM or fact in forms[:1]]


def reply_of(fact: SourceFact) -> FeedPayload | None:
    """The reply that brought a fact: of its run, or of an earlier one where it was replayed; None where it is gone."""
    begins = line_of((fact.key, fact.what, str(fact.version))).rstrip("\n").encode() + b"\t"
    replayed = FeedItem.objects.filter(
        connection=fact.connection_id, resource=fact.resource, key=fact.key, status=ItemStatus.APPLIED
    )
    for run in (fact.run_id, *replayed.order_by("-pk").values_list("run", flat=True)):
        replies = FeedPayload.objects.filter(run=run).select_related("run").order_by("position")
        for reply in replies.iterator(chunk_size=20):
            kept = zlib.decompress(reply.content)
            if kept.startswith(begins) or b"\n" + begins in kept:
                return reply
    return None


def _with_corrections(subject: Subject, said: QuerySet[SourceFact]) -> list[SourceFact]:
    facts = list(said)
    if not facts:
        return []
    fixes = SourceFact.objects.filter(  # a correction need not name whom it is about
        _of(facts), subject__in=(subject.number, ""), what=What.CORRECTION
    ).select_related("connection", "run__mapping")
    return sorted([*facts, *fixes], key=lambda fact: (fact.as_of, fact.pk))


def _of(facts: Iterable[SourceFact]) -> Q:
    wanted = Q()
    for fact in facts:
        wanted |= Q(connection=fact.connection_id, resource=fact.resource, ref=fact.key)
    return wanted
