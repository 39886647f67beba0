"""Where a study's data came from, and its part of the audit trail."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse

from audit.views import TrailView
from ctms.core import protocols
from ctms.studies.models import ExternalClaim, ImportRun
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
    """The files read into the study, what was assumed, and what other systems claim."""

    page = "sources"
    title = "Data sources"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        runs = ImportRun.objects.visible_to(request.user).filter(study=self.study).prefetch_related("findings")
        claims = ExternalClaim.objects.visible_to(request.user).filter(scope=self.study.scope)
        context = {
            "study": self.study,
            "runs": list(runs),
            "claims": _facts(claims.select_related("run").order_by("run", "topic")),
        }
        return TemplateResponse(request, "studies/sources.html", context)


class StudyTrail(InStudy, TrailView):
    """The trail of everything that belongs to the study."""

    page = "study-audit"
    title = "Audit trail"

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, "audit.view_trail", self.study)

    def study_id(self) -> int:
        return int(self.study.pk)


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
