"""Drawing up a baseline, looking at one, and signing it."""

from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property

from audit.signed import shown_under
from ctms.accounts.models import Scope, ScopeKind
from ctms.core import clock
from ctms.core.lifecycle import Lifecycle, Request
from ctms.milestones.forms import BaselineForm
from ctms.milestones.lifecycle import BASELINE
from ctms.milestones.models import Baseline, BaselineLine, BaselineStatus, Milestone
from ctms.milestones.services.baselines import draw_up_baseline, move_baseline
from ctms.milestones.views.pages import BASELINE_TONES
from ctms.milestones.views.places import InMilestones
from ctms.milestones.wording import days_words
from ctms.web.moves import MoveView
from ctms.web.places import PageRequest, found
from ctms.web.posts import FormPage

_COLUMNS = ({"label": "Milestone"}, {"label": "Day", "kind": "date"})


class DrawUp(InMilestones, FormPage):
    title = "Draw up a baseline"
    deed = "Drawing up a baseline of the plan"
    submit = "Draw up"

    made: Baseline

    def may_enter(self) -> bool:
        return bool(self.places)

    @cached_property
    def planned(self) -> list[Scope]:
        """Whose plan this person may draw up: the study's, with its countries, and sites'."""
        planned = set(Milestone.objects.filter(study=self.study).values_list("scope", flat=True).distinct())
        return [one for one in self.places if one.pk in planned and one.kind != ScopeKind.COUNTRY]

    @property
    def subject(self) -> str:
        return self.study.protocol_no

    @property
    def back_url(self) -> str:
        asked = self.request.GET.get("place", "")
        return next((self.page_of(one) for one in self.places if str(one.pk) == asked), self.to("milestones"))

    def make_form(self, data: Any = None) -> BaselineForm:
        more = {ScopeKind.STUDY.value: ", with its countries"}
        places = [("", "Choose …"), *((str(one.pk), f"{one}{more.get(one.kind, '')}") for one in self.planned)]
        return BaselineForm(data, places=places, initial={"place": self.request.GET.get("place", "")})

    def carry_out(self, said: dict[str, Any]) -> str:
        scope = next(one for one in self.planned if str(one.pk) == said["place"])
        self.made = draw_up_baseline(
            study=self.study, scope=scope, reason=said["reason"], by=self.request.user, at=clock.now()
        )
        return f"{self.made} of {scope}: drawn up, to be signed."

    def next_url(self) -> str:
        return self.to("baseline", self.made.pk)


class InBaseline(InMilestones):
    """A page of one baseline."""

    @cached_property
    def baseline(self) -> Baseline:
        rows = Baseline.objects.visible_in(self.study, self.request.user).filter(pk=self.kwargs["baseline"])
        baseline: Baseline = found(rows.select_related("scope", "study__scope", "drawn_by"))
        return baseline

    @property
    def place_title(self) -> str:
        return f"{self.baseline.scope}: {self.baseline}"

    @property
    def back_url(self) -> str:
        return self.to("baseline", self.baseline.pk)


class OneBaseline(InBaseline):
    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        baseline = self.baseline
        lines = baseline.lines.select_related("milestone__scope")
        ordered = list(lines.order_by("milestone__scope__path", "milestone__position"))
        before = self._before()
        context = {
            "study": self.study,
            "baseline": baseline,
            "tone": BASELINE_TONES[baseline.status],
            "place_url": self.page_of(baseline.scope),
            "places": [
                {"name": scope.label, "lines": list(listed)}
                for scope, listed in groupby(ordered, key=lambda line: line.milestone.scope)
            ],
            "columns": _COLUMNS,
            "before": before,
            "changes": self._changes(ordered, before) if before else [],
            "change_columns": [
                {"label": "Milestone"},
                {"label": str(before), "kind": "date"},
                {"label": str(baseline), "kind": "date"},
                {"label": "Days", "kind": "number"},
            ],
            "signatures": shown_under(baseline),
            "offers": [
                {"offer": offer, "url": self.to("baseline-move", baseline.pk, offer.move.name)}
                for offer in BASELINE.offers(baseline, Request(request.user))
            ],
        }
        return TemplateResponse(request, "milestones/baseline.html", context)

    def _before(self) -> Baseline | None:
        """The baseline of this place that was in force before this one, or is until it is signed."""
        signed = (BaselineStatus.APPROVED, BaselineStatus.SUPERSEDED)
        earlier = Baseline.objects.filter(scope=self.baseline.scope_id, number__lt=self.baseline.number)
        return earlier.filter(status__in=signed).order_by("-number").first()

    def _changes(self, lines: list[BaselineLine], before: Baseline) -> list[dict[str, Any]]:
        """The milestones whose day is another one than in the baseline before, by how many days."""
        days = dict(before.lines.values_list("milestone", "on"))
        return [
            {
                "milestone": line.milestone, "place": line.milestone.scope.label, "was": was, "on": line.on,
                "slip": days_words((line.on - was).days) if line.on and was else "",
            }
            for line in lines
            if (was := days.get(line.milestone_id)) != line.on
        ]  # fmt: skip


class Move(InBaseline, MoveView):
    """Signing or withdrawing a baseline."""

    is_dated = False

    @property
    def lifecycle(self) -> Lifecycle:
        return BASELINE

    @property
    def record(self) -> Baseline:
        return self.baseline

    def make(self, **said: Any) -> Any:
        return move_baseline(baseline=self.record, **said)
