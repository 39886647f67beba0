"""What was, what is now, and what was typed: field by field, for whoever saved a record that had moved on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from ctms.core.partial_dates import PartialDate
from ctms.core.versions import Stale

TAKE = "take-"  # take-<field> says "theirs" or "yours"


@dataclass(frozen=True)
class Difference:
    """One field on which the three do not agree, in words.

    Args:
        chosen: what is ticked at first: the side that alone changed the field; "" where both did.
    """

    name: str
    label: str
    was: str
    theirs: str
    yours: str
    chosen: str

    @property
    def take(self) -> str:
        return f"{TAKE}{self.name}"


def differences(form: Any, stale: Stale) -> Iterator[Difference]:
    """The fields in which what is now differs from what was typed."""
    for bound in form.visible_fields():
        if bound.name not in form._meta.fields:
            continue
        column = form._meta.model._meta.get_field(bound.name).attname
        was = _plain(getattr(stale.since, column, None))
        theirs = _plain(getattr(stale.latest, column, None))
        yours = _plain(form.cleaned_data.get(bound.name))
        if theirs == yours:
            continue
        chosen = "theirs" if was == yours else "yours" if was == theirs else ""
        said = [_words(bound.field, value) for value in (was, theirs, yours)]
        yield Difference(bound.name, str(bound.label), said[0], said[1], said[2], chosen)


def resolved(data: QueryDict, unbound: Any) -> QueryDict:
    """What was posted, with the fields for which "theirs" was chosen as the record has them now."""
    data = data.copy()
    for name in unbound.fields:
        if data.get(f"{TAKE}{name}") == "theirs":
            data.setlist(name, _as_typed(unbound[name]))
    return data


def _as_typed(bound: forms.BoundField) -> list[str]:
    """A field's value in the shape in which a browser would send it."""
    value = bound.value()
    if isinstance(bound.field.widget, forms.CheckboxInput):
        return ["on"] if value else []
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return ["" if value is None else str(value)]


def _plain(value: Any) -> Any:
    """As columns hold it; empty is empty, however it is written."""
    return getattr(value, "pk", value) if value not in (None, "") else None


def _words(field: Any, value: Any) -> str:
    if value is None or value == []:
        return ""
    if isinstance(field, forms.ModelChoiceField):
        return str(field.queryset.filter(pk=value).first() or f"no. {value}")  # type: ignore[union-attr]
    if isinstance(value, PartialDate):
        return value.display()
    if isinstance(value, date):
        return f"{value:%-d %b %Y}"
    if isinstance(value, timedelta):
        return str(field.prepare_value(value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(dict(getattr(field, "choices", ())).get(value, value))
