"""Where a study's data came from, and its part of the audit trail."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from audit.views import TrailView
from ctms.core import clock, protocols
from ctms.integrations import ages, wording
from ctms.integrations.models import Connection, FeedItem
from ctms.integrations.models.feeds import UNSETTLED
from ctms.studies.models import ExternalClaim, ImportFinding, ImportRun
from ctms.studies.pages import InStudy
from ctms.studies.wording import claim_words, topic_words
from ctms.web.places import PageRequest

# Claims that say of what kind another one is: estimated or actual.
_KINDS = {
    "start_kind": "start",
    "primary_completion_kind": "primary_completion",
    "completion_kind": "completion",
    "enrollment_kind": "enrollment_count",
}


class Sources(InStudy):
    """The systems that are read, the files that were, what was assumed, and what others claim."""

    page = "sources"
    title = "Data sources"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        runs = ImportRun.objects.visible_to(request.user).filter(study=self.study).prefetch_related("findings")
        claims = ExternalClaim.objects.visible_to(request.user).filter(scope=self.study.scope)
        context = {
            "study": self.study,
            "runs": [(run, _by_code(run.findings.all())) for run in runs],
            "claims": _facts(claims.select_related("run").order_by("run", "topic")),
            "connections": self._connections(),
            "connection_columns": [
                {"label": label}
                for label in ("System", "State", "What is read, and how", "Last read", "As of, there", "Faults")
            ],
            "add_url": self._add_url(),
        }
        return TemplateResponse(request, "studies/sources.html", context)

    def _connections(self) -> list[dict[str, Any]]:
        """The other systems that are read, each with what is wrong with it."""
        rows = Connection.objects.visible_to(self.request.user).filter(scope=self.study.scope)
        may_edit = protocols.authority().may(self.request.user, "integrations.edit_connection", self.study)
        at = clock.now()
        rows = rows.annotate(read_at=Max("cursors__succeeded_at")).prefetch_related("cursors")
        items = FeedItem.objects.visible_to(self.request.user).filter(status__in=UNSETTLED, connection__in=rows)
        untaken = wording.counts_of(items)
        return [
            {
                "connection": one,
                "tone": wording.CONNECTION_TONES[one.status],
                "url": reverse("connection", args=[self.sponsor.code, self.study.slug, one.pk]),
                "untaken": untaken.get(one.pk, ""),
                "as_of": (as_of := _as_of(one)),
                "age": wording.age(as_of, at),
                "faults": [fault["text"] for fault in wording.faults(one, at, in_detail=may_edit)],
            }
            for one in rows.order_by("name")
        ]

    def _add_url(self) -> str:
        if not protocols.authority().may(self.request.user, "integrations.edit_connection", self.study):
            return ""
        return reverse("connection-add", args=[self.sponsor.code, self.study.slug])


def _as_of(one: Connection) -> datetime | None:
    cursors = [(cursor.resource, cursor.succeeded_at, cursor.source_as_of) for cursor in one.cursors.all()]
    return ages.as_of(ages.read_of(one.format, cursors))


class StudyTrail(InStudy, TrailView):
    """The trail of everything that belongs to the study."""

    page = "study-audit"
    title = "Audit trail"

    @property
    def about(self) -> Any:
        return self.study

    def study_id(self) -> int:
        return int(self.study.pk)


def _by_code(findings: Iterable[ImportFinding]) -> list[tuple[str, list[ImportFinding]]]:
    """What was found, each kind once with all of it, in the order of the file."""
    found: dict[str, list[ImportFinding]] = {}
    for one in findings:
        found.setdefault(one.code, []).append(one)
    return list(found.items())


def _facts(claims: Iterable[ExternalClaim]) -> list[dict[str, Any]]:
    """What is claimed, topic by topic; whether a date or number is estimated stands behind it."""
    said = {(claim.run_id, claim.topic): claim for claim in claims if claim.value}
    kinds = {(run, _KINDS[topic]): claim for (run, topic), claim in said.items() if topic in _KINDS}
    facts = []
    for key, claim in said.items():
        if claim.topic in _KINDS and (claim.run_id, _KINDS[claim.topic]) in said:
            continue
        value = claim_words(claim.topic, claim.value)
        if kind := kinds.get(key):
            value += f" ({claim_words(kind.topic, kind.value).lower()})"
        facts.append({"claim": claim, "label": topic_words(claim.topic), "value": value})
    return facts
