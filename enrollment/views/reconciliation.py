"""Where systems disagree: the list, and one discrepancy with the three side by side."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property

from audit.queries import record_trail
from ctms.core import clock
from ctms.core.lifecycle import Lifecycle, Request
from ctms.core.protocols import authority
from ctms.studies.pages import InStudy
from ctms.web.lists import ListView, rank
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, found
from enrollment.columns import DISCREPANCY_COLUMNS, discrepancy_tone
from enrollment.comparing import side_by_side
from enrollment.filters import DiscrepancyFilter
from enrollment.lifecycle import DISCREPANCY
from enrollment.models import Difference, Discrepancy, DiscrepancyStatus, Subject
from enrollment.services.reconciliation import move_discrepancy
from enrollment.wording import REMEDIES, meaning_of


class DiscrepancyList(InStudy, ListView):
    """What EDC, IRT and CTMS say differently about subjects of this study."""

    page = "discrepancies"
    title = "Reconciliation"
    noun = ("discrepancy", "discrepancies")
    columns = DISCREPANCY_COLUMNS
    filterset_class = DiscrepancyFilter
    default_sort = "status"
    usual = "state=STANDING"

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-reconciliation"

    def rows(self) -> QuerySet[Discrepancy]:
        found: QuerySet[Discrepancy] = Discrepancy.objects.visible_in(self.study, self.request.user)
        return found.select_related("site", "taken_by")

    def sort_keys(self) -> dict[str, Any]:
        return {
            "status_rank": rank("status", DiscrepancyStatus.values),
            "difference_rank": rank("difference", Difference.values),
        }

    def row_url(self, row: Discrepancy) -> str:
        return reverse("discrepancy", args=[self.sponsor.code, self.study.slug, row.pk])

    def actions(self) -> list[dict[str, str]]:
        if self.request.GET.get("state") != "STANDING":
            return []
        return [{"label": "Those put right, too", "icon": "list-checks", "url": f"{self.request.path}?state="}]

    def empty(self) -> dict[str, str]:
        return {
            "title": "The systems agree",
            "text": "EDC, IRT and CTMS are compared after each reading of one of them. Nothing is to be put right.",
        }


class InDiscrepancy(InStudy):
    @cached_property
    def discrepancy(self) -> Discrepancy:
        rows = Discrepancy.objects.visible_to(self.request.user).filter(study=self.study)
        one: Discrepancy = found(
            rows.filter(pk=self.kwargs["discrepancy"]).select_related("site__country", "site__scope", "taken_by")
        )
        return one

    @property
    def place_title(self) -> str:
        return str(self.discrepancy.number)

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.sponsor.code, self.study.slug, *more])

    @property
    def back_url(self) -> str:
        return self.url("discrepancy", self.discrepancy.pk)


class DiscrepancyPage(InDiscrepancy):
    """What each system says of the subject, with its source and its age; what is to be done, and what was."""

    page = "discrepancies"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        one, at = self.discrepancy, clock.now()
        sides, rows = side_by_side(self.study, one, at=at)
        subject = Subject.objects.visible_to(request.user).filter(study=self.study, number=one.number).first()
        context = {
            "study": self.study,
            "discrepancy": one,
            "tone": discrepancy_tone(one.status),
            "meaning": meaning_of(one),
            "remedy": REMEDIES[Difference(one.difference)],
            "subject_url": self.url("subject", subject.pk) if subject else "",
            "site_url": self.url("site", one.site.number),
            "offers": [
                {"offer": offer, "url": self.url("discrepancy-move", one.pk, offer.move.name)}
                for offer in DISCREPANCY.offers(one, Request(request.user))
            ],
            "facts": [
                {"label": "Found", "value": f"{one.found_at:%-d %b %Y %H:%M} UTC"},
                {"label": "Open for", "value": f"{(at - one.found_at).days} days"} if one.closed_at is None
                else {"label": "Put right", "value": f"{one.closed_at:%-d %b %Y %H:%M} UTC"},
                {"label": "Looked into by", "value": one.taken_by.full_name if one.taken_by else "nobody yet"},
                {"label": "Explanation", "value": one.explanation or "none yet"},
            ],
            "columns": [{"label": "What"}, *({"label": side.label} for side in sides)],
            "sides": sides,
            "rows": rows,
            "trail": record_trail(one, request.user)
            if authority().may(request.user, "audit.view_trail", one) else None,
        }  # fmt: skip
        return TemplateResponse(request, "enrollment/discrepancy.html", context)


class MoveDiscrepancy(InDiscrepancy, MoveView):
    """Takes it, explains it, puts it back."""

    lifecycle: Lifecycle = DISCREPANCY
    is_dated = False
    page = "discrepancies"

    @property
    def record(self) -> Discrepancy:
        return self.discrepancy

    def make(self, **said: Any) -> Any:
        return move_discrepancy(
            discrepancy=self.discrepancy, move=said["move"], reason=said["reason"], by=said["by"]
        )  # fmt: skip
