"""Where a study's data came from, and its part of the audit trail."""

from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse

from audit.views import TrailView
from ctms.core import protocols
from ctms.studies.models import ExternalClaim, ImportRun
from ctms.studies.pages import InStudy
from ctms.studies.wording import claim_words, topic_words
from ctms.web.places import PageRequest

_COLUMNS = ({"label": "Topic"}, {"label": "Claim"}, {"label": "Source"}, {"label": "As of", "kind": "date"})


class Sources(InStudy):
    """The files read into the study, what was assumed, and what other systems claim."""

    page = "sources"
    title = "Data sources"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        runs = ImportRun.objects.visible_to(request.user).filter(study=self.study).prefetch_related("findings")
        claims = ExternalClaim.objects.visible_to(request.user).filter(scope=self.study.scope).select_related("run")
        context = {
            "study": self.study,
            "runs": list(runs),
            "claims": [
                {"claim": claim, "topic": topic_words(claim.topic), "value": claim_words(claim.topic, claim.value)}
                for claim in claims
                if claim.value
            ],
            "claim_columns": _COLUMNS,
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
