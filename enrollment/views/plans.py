"""The plan of the study, a country or a site, as one form."""

import re
from datetime import date
from typing import Any

from django import forms
from django.urls import reverse

from ctms.core import protocols
from ctms.core.acting import says_why
from ctms.studies.pages import InStudy
from ctms.web.posts import FormPage
from ctms.web.refusable import RefusableForm
from enrollment.models import EnrollmentPlan
from enrollment.services.plans import set_plan
from sites.pages import InSite

PLAN = "enrollment.edit_plan"


class PlanForm(RefusableForm):
    first_month = forms.CharField(
        label="First month", help_text="Such as 2024-03.", max_length=7, widget=forms.TextInput(attrs={"size": 8})
    )
    subjects = forms.CharField(
        label="New subjects, month by month",
        help_text="From the first month on, separated by commas, spaces or lines, or a row of a table.",
        widget=forms.Textarea(attrs={"rows": 4}), max_length=2000,
    )  # fmt: skip
    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 2}), max_length=2000)

    def clean_first_month(self) -> date:
        try:
            return date.fromisoformat(f"{self.cleaned_data['first_month'].strip()}-01")
        except ValueError:
            raise forms.ValidationError("Give year and month, such as 2024-03.") from None

    def clean_subjects(self) -> list[int]:
        words = re.split(r"[\s,;]+", self.cleaned_data["subjects"].strip(" \t\r\n,;"))
        if not all(re.fullmatch(r"\d{1,6}", word) for word in words):
            raise forms.ValidationError("Give whole numbers, one for each month.")
        return [int(word) for word in words]

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if not says_why(reason):
            raise forms.ValidationError("Say why.")
        return reason


class _Plan(FormPage):
    title = "Enrollment plan"
    submit = "Save the plan"

    study: Any
    request: Any

    @property
    def planned(self) -> Any:
        """The place that is planned: study, country or site."""
        raise NotImplementedError

    def may_enter(self) -> bool:
        return protocols.authority().may(self.request.user, PLAN, self.study)

    @property
    def subject(self) -> str:
        return str(self.planned)

    def make_form(self, data: Any = None) -> RefusableForm:
        plan = EnrollmentPlan.objects.filter(scope=self.planned.scope_id).first()
        if plan is None:
            return PlanForm(data)
        said = {"first_month": f"{plan.first_month:%Y-%m}", "subjects": ", ".join(map(str, plan.subjects))}
        return PlanForm(data, initial=said)

    def carry_out(self, said: dict[str, Any]) -> str:
        plan = set_plan(
            study=self.study, scope=self.planned.scope, first_month=said["first_month"], subjects=said["subjects"],
            by=self.request.user,
        )  # fmt: skip
        return f"{self.planned}: {plan.total():,} subjects planned in {len(plan.subjects)} months."


class EditPlan(_Plan, InStudy):
    """Of the study, or of one country."""

    page = "enrollment"

    @property
    def planned(self) -> Any:
        return self.country or self.study

    @property
    def back_url(self) -> str:
        arguments = [self.sponsor.code, self.study.slug]
        if self.country is not None:
            return reverse("country-enrollment", args=[*arguments, self.country.country.lower()])
        return reverse("enrollment", args=arguments)


class EditSitePlan(_Plan, InSite):
    page = "site-enrollment"

    @property
    def planned(self) -> Any:
        return self.site

    @property
    def back_url(self) -> str:
        return self.url("site-enrollment")
