"""What people type about visits. Forms parse; services decide."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from ctms.accounts.models import User
from ctms.web.edits import EditForm
from ctms.web.forms import DateField
from ctms.web.refusable import RefusableForm
from monitoring.models import Cadence, Deviation, Owner, Severity, VisitMode, VisitType


def _words(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), **options)


class _WithMonitor(RefusableForm):
    monitor = forms.ModelChoiceField(label="Monitor", queryset=User.objects.none(), empty_label="Choose …")

    def __init__(self, data: Any = None, *, monitors: QuerySet[User], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["monitor"].queryset = monitors


class PlanForm(_WithMonitor):
    type = forms.ChoiceField(label="Kind of visit", choices=[("", "Choose …"), *VisitType.choices])
    mode = forms.ChoiceField(label="How", choices=VisitMode.choices, initial=VisitMode.ON_SITE)
    planned_on = DateField(label="Planned for")
    rationale = _words("Why this visit, and why then")
    field_order = ("type", "mode", "planned_on", "monitor", "rationale")


class PlanDueForm(_WithMonitor):
    """Who makes the visits that the plan asks for."""


class ReplanForm(_WithMonitor):
    planned_on = DateField(label="Planned for")
    rationale = _words("Reason for the change")
    field_order = ("planned_on", "monitor", "rationale")


class CadenceForm(EditForm):
    long_texts = ("rationale",)

    class Meta:
        model = Cadence
        fields = ("tier", "first_within_days", "on_site_weeks", "remote_weeks", "rationale")


class CommentForm(RefusableForm):
    code = forms.CharField(required=False, max_length=20)
    text = _words("Comment")


class SentForm(RefusableForm):
    sent_on = DateField(label="Day it was sent")
    reference = forms.CharField(label="Where it is filed", max_length=500, help_text="eTMF number, or how it was sent.")


class FollowUpForm(RefusableForm):
    text = _words("What is to be done", help_text="No names of subjects, no treatment.")
    severity = forms.ChoiceField(label="Severity", choices=[("", "Choose …"), *Severity.choices])
    owner = forms.ChoiceField(label="Who does it", choices=Owner.choices)
    due_on = DateField(label="Due", required=False, help_text="Left out: as many working days as the severity allows.")


class NoteForm(RefusableForm):
    note = _words("How far it is")


class DeviationForm(EditForm):
    long_texts = ("description",)

    class Meta:
        model = Deviation
        fields = (
            "category", "severity", "occurred_on", "discovered_on", "discovered_by", "subject", "is_important",
            "description",
        )  # fmt: skip
