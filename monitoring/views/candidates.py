"""Pages of candidates for deviations: the list, one of them, deciding on it."""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from ctms.core.lifecycle import Lifecycle, Request
from ctms.web.lists import rank
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, Place, found
from ctms.web.templatetags.ctms import day
from monitoring.columns import CANDIDATE_COLUMNS, candidate_tone
from monitoring.filters import CandidateFilter
from monitoring.lifecycle import CANDIDATE
from monitoring.models import CandidateStatus, DeviationCandidate
from monitoring.services import candidates
from monitoring.views.lists import OfStudy
from sites.pages import InSite


class CandidateList(OfStudy):
    page = "deviations"
    title = "Candidates for deviations"
    noun = ("candidate", "candidates")
    columns = CANDIDATE_COLUMNS
    filterset_class = CandidateFilter
    default_sort = "status"

    def rows(self) -> QuerySet[DeviationCandidate]:
        rows = DeviationCandidate.objects.visible_to(self.request.user).filter(study=self.study)
        return rows.select_related("site", "deviation", "subject_visit__visit")

    def sort_keys(self) -> dict[str, Any]:
        return {"status_rank": rank("status", CandidateStatus.values)}

    def row_url(self, row: Any) -> str:
        return self.site_url("deviation-candidate", row, row.pk)

    def actions(self) -> list[dict[str, str]]:
        return [{"label": "Deviations", "icon": "triangle-alert", "url": self.to("deviations")}]

    def empty(self) -> dict[str, str]:
        text = "Visits of subjects outside their windows, and visits that were missed, come up here by themselves."
        return {"title": "No visit outside its window", "text": text}


class InCandidate(InSite):
    page = "deviations"

    @cached_property
    def candidate(self) -> DeviationCandidate:
        rows = DeviationCandidate.objects.visible_to(self.request.user).filter(site=self.site)
        related = ("site__scope", "site__facility", "deviation", "decided_by", "subject_visit__visit", "study")
        candidate: DeviationCandidate = found(rows.filter(pk=self.kwargs["candidate"]).select_related(*related))
        return candidate

    @property
    def place_title(self) -> str:
        return self.candidate.title

    @property
    def place(self) -> Place:
        return replace(super().place, above=[(CandidateList.title, self.to("deviation-candidates"))])

    @property
    def subject(self) -> str:
        return self.candidate.title

    @property
    def back_url(self) -> str:
        return self.url("deviation-candidate", self.candidate.pk)


class CandidatePage(InCandidate):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        one = self.candidate
        subject = self.to("subject", one.subject_visit.subject_id)
        facts: list[dict[str, Any]] = [
            {"label": "Site", "value": self.site.label, "url": self.url("site-visits")},
            {"label": "Subject", "value": one.number,
             "url": subject if self.may("enrollment.view_subject") else ""},
            {"label": "Visit", "value": one.visit_label},
            {"label": "Window", "value": f"{day(one.window_from)} to {day(one.window_to)}"},
            {"label": "What says so", "value": one.said_by},
            {"label": "Found", "value": day(one.found_at)},
        ]  # fmt: skip
        if one.decided_by is not None:
            facts.append({"label": "Decided by", "value": one.decided_by.full_name})
        if one.reason:
            facts.append({"label": "Reason", "value": one.reason})
        if one.deviation is not None:
            url = self.url("deviation", one.deviation.number)
            facts.append({"label": "Deviation", "value": str(one.deviation), "url": url})
        context = {
            "candidate": one,
            "site": self.site,
            "tone": candidate_tone(one.status),
            "facts": facts,
            "offers": [
                {
                    "offer": offer, "url": self.url("deviation-candidate-move", one.pk, offer.move.name),
                    "objections": [(sentence, "") for sentence in offer.objections],
                }
                for offer in CANDIDATE.offers(one, Request(request.user))
            ],
        }  # fmt: skip
        return TemplateResponse(request, "monitoring/candidate.html", context)


class MoveCandidate(InCandidate, MoveView):
    is_dated = False

    @property
    def lifecycle(self) -> Lifecycle:
        return CANDIDATE

    @property
    def record(self) -> DeviationCandidate:
        return self.candidate

    def make(self, **said: Any) -> Any:
        known = ("move", "reason", "by", "at")
        return candidates.move_candidate(candidate=self.candidate, **{name: said[name] for name in known})
