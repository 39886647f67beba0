"""How forms are drawn: through templates/django/forms/, field by field, by every form of the system."""

from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates, TemplatesSetting
from django.template import TemplateDoesNotExist


class FormRenderer(TemplatesSetting):
    """Takes form templates from templates/, and from Django what is not there, most widgets."""

    form_template_name = "django/forms/form.html"
    field_template_name = "django/forms/field.html"

    _django = DjangoTemplates()

    def get_template(self, template_name: str) -> Any:
        try:
            return super().get_template(template_name)
        except TemplateDoesNotExist:
            return self._django.get_template(template_name)


class DateInput(forms.DateInput):
    """The browser's own date picker. It wants ISO dates, whatever the language of the page."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DateField(forms.DateField):
    """A date, picked or typed."""

    widget = DateInput


class StackedRadios(forms.RadioSelect):
    """Exclusive choices below each other, for more or longer ones than fit the usual segmented control."""

    template_name = "django/forms/widgets/checkbox_select.html"
