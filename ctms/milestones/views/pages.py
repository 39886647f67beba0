"""Milestones of a study, a country or a site as picture and table; all of them as a list; and one of them."""

from datetime import date
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.http import urlencode

from ctms.accounts.models import Scope
from ctms.core import clock
from ctms.core.lifecycle import Request
from ctms.core.metrics import read_here
from ctms.milestones import metrics
from ctms.milestones.columns import MILESTONE_COLUMNS
from ctms.milestones.filters import MilestoneFilter
from ctms.milestones.gantt import LEGEND, gantt
from ctms.milestones.lifecycle import BASELINE
from ctms.milestones.models import Baseline, BaselineStatus, Milestone, Outlook, State
from ctms.milestones.views.places import InMilestones
from ctms.milestones.wording import slip_words, state_words, tone, why
from ctms.studies.lists import StudyList
from ctms.web.lists import rank
from ctms.web.places import PageRequest, found
from sites.views.tabs import SiteTabView

_LATE_SHOWN = 6
_SHOWN = (metrics.PLANNED, metrics.REACHED, metrics.OVERDUE, metrics.LATE, metrics.ON_TRACK,
          metrics.WITHOUT_DAY)  # fmt: skip
_COLUMNS = (
    {"label": "Milestone"}, {"label": "State"}, {"label": "Baseline", "kind": "date"},
    {"label": "Planned", "kind": "date"}, {"label": "Forecast", "kind": "date"}, {"label": "Actual", "kind": "date"},
    {"label": "Slip", "kind": "number"}, {"label": "Source or reason"},
)  # fmt: skip
_LINE_COLUMNS = ({"label": "Since"}, {"label": "Forecast", "kind": "date"}, {"label": "Actual", "kind": "date"},
                 {"label": "Source or reason"})  # fmt: skip
_FAR, _NONE = date(9999, 1, 1), 99_999


def shown(one: Any, url: str) -> dict[str, Any]:
    """A milestone as tables show it."""
    outlook = one.outlook
    return {
        "milestone": one,
        "url": url,
        "state": state_words(one),
        "tone": tone(one),
        "open": one.state == State.UNPLANNED,
        "forecast_on": None if outlook.actual_on else outlook.forecast_on,
        "actual_on": outlook.actual_on,
        "system": outlook.system,
        "slip": slip_words(one),
        "why": why(one),
    }


class OfPlace(InMilestones):
    """The milestones of one place."""

    @property
    def scope(self) -> Scope:
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        here: list[Any] = list(self.milestones.filter(scope=self.scope).order_by("position"))
        behind: list[Any] = [one for one in here if one.state in (State.OVERDUE, State.LATE)]
        late = sorted(behind, key=lambda one: -(one.slip or 0))
        may_plan = self.may("milestones.edit_milestone", self.scope)
        query = urlencode({"place": self.scope.pk})
        return {
            "study": self.study,
            "rows": [shown(one, self.to("milestone", one.pk)) for one in here],
            "columns": _COLUMNS,
            "picture": gantt(here, today=clock.today()),
            "legend": LEGEND,
            "late": [self._attention(one) for one in late[:_LATE_SHOWN]],
            "plan_url": f"{self.to('milestone-plan')}?{query}" if may_plan and not here else "",
            "list_url": self.to("milestone-list"),
            **self._baselines(may_plan and bool(here), query),
        }

    def _attention(self, one: Any) -> dict[str, str]:
        return {
            "tone": tone(one),
            "text": str(one),
            "url": self.to("milestone", one.pk),
            "due": slip_words(one) or state_words(one),
            "meta": why(one),
        }

    def _baselines(self, may_draw: bool, query: str) -> dict[str, Any]:
        """Those of this place; a country's days are in the study's."""
        if self.scope.kind == "COUNTRY":
            return {"baselines": []}
        rows = Baseline.objects.visible_in(self.study, self.request.user).filter(scope=self.scope)
        listed = list(rows.select_related("drawn_by", "scope").order_by("-number"))
        has_draft = any(one.status == BaselineStatus.DRAFT for one in listed)
        return {
            "baselines": [
                {"baseline": one, "url": self.to("baseline", one.pk), "tone": BASELINE_TONES[one.status]}
                for one in listed
            ],
            "baseline_url": f"{self.to('baseline-new')}?{query}" if may_draw and not has_draft else "",
            "offers": [
                {"offer": offer, "url": self.to("baseline-move", one.pk, offer.move.name)}
                for one in listed
                for offer in BASELINE.offers(one, Request(self.request.user))
            ],
        }


BASELINE_TONES: dict[str, str] = {
    BaselineStatus.DRAFT: "info", BaselineStatus.APPROVED: "sign", BaselineStatus.SUPERSEDED: "mute",
    BaselineStatus.WITHDRAWN: "mute",
}  # fmt: skip


class StudyMilestones(OfPlace):
    title = "Milestones"
    template_name = "milestones/place.html"

    @property
    def scope(self) -> Scope:
        return self.study.scope

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        extra = {
            "muted": self.study.protocol_no,
            "readings": read_here(_SHOWN, self.place, request.user),
            "more_url": self.to("milestone-plan") if self.may("milestones.edit_milestone", self.study) else "",
            "countries": [{"label": one.name, "url": self.page_of(one.scope)} for one in self.countries],
        }
        return TemplateResponse(request, self.template_name, self.context() | extra)


class CountryMilestones(StudyMilestones):
    page = "country-milestones"

    @property
    def scope(self) -> Scope:
        assert self.country is not None  # the address names it
        return self.country.scope

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        assert self.country is not None
        extra = {
            "muted": self.country.name,
            "readings": read_here(_SHOWN, self.place, request.user),
            "country_of": self.study,
        }
        return TemplateResponse(request, self.template_name, self.context() | extra)


class SiteMilestones(SiteTabView, OfPlace):
    page = "site-milestones"
    title = "Milestones"
    template_name = "milestones/site.html"

    def may(self, verb: str, place: Any = None) -> bool:
        return OfPlace.may(self, verb, place or self.site)

    def may_enter(self) -> bool:
        return self.may("milestones.view_milestone")

    @property
    def scope(self) -> Scope:
        scope: Scope = self.site.scope
        return scope

    def context(self) -> dict[str, Any]:
        return OfPlace.context(self)


class MilestoneList(InMilestones, StudyList):
    """The milestones of a study, its countries and its sites."""

    page = "milestone-list"
    title = "All milestones"
    noun = ("milestone", "milestones")
    columns = MILESTONE_COLUMNS
    filterset_class = MilestoneFilter
    default_sort = "forecast"

    def rows(self) -> QuerySet[Milestone]:
        return self.milestones

    def sort_keys(self) -> dict[str, Any]:
        """Days that are not known come last."""
        far = Value(_FAR)
        return {
            "baseline_key": Coalesce("baseline_on", far),
            "planned_key": Coalesce("planned_on", far),
            "forecast_key": Coalesce("outlook__forecast_on", far),
            "actual_key": Coalesce("outlook__actual_on", far),
            "slip_key": Coalesce("slip", Value(-_NONE)),
            "state_key": rank("state", State.values),
        }

    def row_url(self, row: Milestone) -> str:
        return self.to("milestone", row.pk)

    def empty(self) -> dict[str, str]:
        text = "Plan the study, then its countries and sites, from the templates."
        return {"title": "No milestones yet", "text": text}


class OneMilestone(InMilestones):
    """One milestone: its dates, what they rest on, and how its forecast moved."""

    page = "milestones"

    @cached_property
    def milestone(self) -> Any:
        return found(self.milestones.select_related("study__scope").filter(pk=self.kwargs["milestone"]))

    @property
    def place_title(self) -> str:
        return f"{self.milestone.scope}: {self.milestone}"

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        one = self.milestone
        may_edit = self.may("milestones.edit_milestone", one)
        history = Outlook.history.filter(milestone=one.pk).order_by("-history_id")[:50]
        context = {
            "study": self.study,
            "shown": shown(one, ""),
            "standard": one.standard,
            "place_url": self.page_of(one.scope),
            "edit_url": self.to("milestone-edit", one.pk) if may_edit else "",
            "facts": self._facts(),
            "slips": list(history),
            "slip_columns": _LINE_COLUMNS,
        }
        return TemplateResponse(request, "milestones/milestone.html", context)

    def _facts(self) -> list[dict[str, Any]]:
        one = self.milestone
        outlook = one.outlook
        named = (("In the signed baseline", one.baseline_on), ("Planned", one.planned_on),
                 ("Own forecast", one.expected_on), ("Forecast", outlook.forecast_on),
                 ("Reached on", outlook.actual_on))  # fmt: skip
        facts = [{"label": label, "value": f"{day:%-d %b %Y}" if day else ""} for label, day in named]
        facts.append({"label": "Behind the baseline or plan", "value": slip_words(one)})
        if outlook.actual_on:
            facts.append({"label": f"Source: {outlook.system}", "value": why(one)})
        else:
            facts.append({"label": "Why then", "value": why(one) or "As planned"})
        if one.delay_reason and one.delay_reason != outlook.because:
            facts.append({"label": "Why another day", "value": one.delay_reason})
        return facts
