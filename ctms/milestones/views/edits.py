"""Planning places from the templates, and editing one milestone."""

from copy import deepcopy
from typing import Any

from django.utils.functional import cached_property

from ctms.accounts.models import Scope, ScopeKind
from ctms.core import clock
from ctms.milestones.forms import MilestoneForm, PlanForm
from ctms.milestones.models import Milestone
from ctms.milestones.services.plans import edit_milestone, plan_places
from ctms.milestones.views.places import InMilestones
from ctms.web.edits import EditForm, EditView
from ctms.web.places import found
from ctms.web.posts import FormPage

_GROUPS = {"COUNTRIES": ("All countries without a plan", ScopeKind.COUNTRY),
           "SITES": ("All sites without a plan", ScopeKind.SITE)}  # fmt: skip


class Plan(InMilestones, FormPage):
    title = "Plan milestones"
    deed = "Planning milestones from the template"
    submit = "Plan"

    def may_enter(self) -> bool:
        return bool(self.places)

    @cached_property
    def unplanned(self) -> list[Scope]:
        """Where this person may plan and nothing is planned yet."""
        planned = set(Milestone.objects.filter(study=self.study).values_list("scope", flat=True).distinct())
        return [scope for scope in self.places if scope.pk not in planned]

    @property
    def subject(self) -> str:
        return self.study.protocol_no

    @property
    def back_url(self) -> str:
        asked = self.request.GET.get("place", "")
        return next((self.page_of(one) for one in self.places if str(one.pk) == asked), self.to("milestones"))

    def make_form(self, data: Any = None) -> PlanForm:
        groups = [
            (key, words)
            for key, (words, kind) in _GROUPS.items()
            if sum(scope.kind == kind for scope in self.unplanned) > 1
        ]
        places = [*groups, *((str(scope.pk), str(scope)) for scope in self.unplanned)]
        initial = {"starts_on": clock.today(), "place": self.request.GET.get("place", "")}
        return PlanForm(data, places=[("", "Choose …"), *places], initial=initial)

    def carry_out(self, said: dict[str, Any]) -> str:
        wanted = said["place"]
        kind = _GROUPS[wanted][1] if wanted in _GROUPS else None
        places = [one for one in self.unplanned if one.kind == kind or str(one.pk) == wanted]
        number = plan_places(
            study=self.study, places=places, starts_on=said["starts_on"], by=self.request.user, at=clock.now()
        )
        return f"{places[0]}: planned." if number == 1 else f"{number} places: planned."


class EditMilestone(InMilestones, EditView):
    title = "Edit milestone"
    form_class = MilestoneForm
    deed = "Editing a milestone"

    @cached_property
    def record(self) -> Any:
        return found(self.milestones.select_related("study__scope").filter(pk=self.kwargs["milestone"]))

    def may_enter(self) -> bool:
        return self.may("milestones.edit_milestone", self.record)

    @property
    def subject(self) -> str:
        return f"{self.record.scope}: {self.record}"

    @property
    def back_url(self) -> str:
        return self.to("milestone", self.record.pk)

    def make_form(self, data: Any = None) -> EditForm:
        """One that subjects or sites decide offers a reason, which a day by hand needs."""
        form = super().make_form(data)
        if "reason" not in form.fields and self.record.standard.is_told:
            form.fields["reason"] = deepcopy(EditForm.base_fields["reason"])
            form.fields["reason"].help_text = "Needed for a day by hand: its day follows from what other systems say."
        return form

    def save(self, said: dict[str, Any], version: int | None) -> Milestone:
        return edit_milestone(
            milestone=self.record, changes=said, version=version, by=self.request.user, at=clock.now()
        )
