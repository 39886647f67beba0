"""What people type about milestones. Forms parse; services decide."""

from typing import Any, ClassVar

from django import forms

from ctms.milestones.models import Milestone
from ctms.web.edits import EditForm
from ctms.web.forms import DateField
from ctms.web.refusable import RefusableForm


class MilestoneForm(EditForm):
    long_texts: ClassVar[tuple[str, ...]] = ("delay_reason",)

    class Meta:
        model = Milestone
        fields = ("planned_on", "expected_on", "delay_reason", "entered_on", "reference", "not_applicable")


class PlanForm(RefusableForm):
    place = forms.ChoiceField(label="For")
    starts_on = DateField(
        label="Day 0",
        help_text="Study: protocol final. Country: chosen. Site: CDA sent. All days count from it.",
    )

    def __init__(self, data: Any = None, *, places: list[tuple[str, str]], initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.fields["place"].choices = places


class BaselineForm(RefusableForm):
    place = forms.ChoiceField(label="Plan of")
    reason = forms.CharField(
        label="Why another baseline", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed where there is one already.",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, places: list[tuple[str, str]], initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.fields["place"].choices = places
