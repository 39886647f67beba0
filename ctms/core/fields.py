"""Model fields of our own."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from ctms.core.partial_dates import PartialDate


class PartialDateFormField(forms.CharField):
    """A date typed as precisely as it is known: 2026, 2026-09 or 2026-09-13."""

    widget = forms.TextInput(attrs={"placeholder": "2026-09-13, 2026-09 or 2026"})

    def to_python(self, value: Any) -> Any:
        return PartialDateField().to_python(super().to_python(value))


class PartialDateField(models.Field):
    """A date that keeps its precision: 2015, 2015-09 or 2015-09-13. Text in the database, `PartialDate` in Python."""

    description = "A date as precise as its source"

    def get_internal_type(self) -> str:
        return "TextField"

    def db_check(self, connection: Any) -> str:
        return f"{connection.ops.quote_name(self.column)} ~ '^[0-9]{{4}}(-[0-9]{{2}}(-[0-9]{{2}})?)?$'"

    def from_db_value(self, value: str | None, *_: Any) -> PartialDate | None:
        return None if value is None else PartialDate.parse(value)

    def to_python(self, value: Any) -> PartialDate | None:
        if value is None or value == "" or isinstance(value, PartialDate):
            return value or None
        try:
            return PartialDate.parse(str(value))
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def get_prep_value(self, value: Any) -> str | None:
        value = self.to_python(value)
        return None if value is None else str(value)

    def formfield(self, **options: Any) -> Any:
        return super().formfield(**{"form_class": PartialDateFormField, **options})

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj) or "")
