"""How the access log is searched."""

import django_filters
from django import forms

from audit.models import AccessEvent


class AccessFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(
        field_name="actor_name", lookup_expr="icontains", label="Person",
        widget=forms.SearchInput(attrs={"placeholder": "Who"}),
    )  # fmt: skip
    kind = django_filters.ChoiceFilter(label="What", empty_label="Everything", choices=AccessEvent.Kind.choices)

    class Meta:
        model = AccessEvent
        fields: tuple[str, ...] = ()
