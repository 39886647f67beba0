"""Our template tags; built in, so no template loads them."""

from functools import cache

import lucide
from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.simple_tag
def icon(name: str, size: int = 18) -> SafeString:
    """A lucide icon as inline SVG, hidden from screen readers: the words beside it say the same."""
    return _icon(name, size)


@cache
def _icon(name: str, size: int) -> SafeString:
    drawn = lucide._render_icon(name, size, **{"class": "c-icon", "aria-hidden": "true", "stroke-width": "1.75"})
    return mark_safe(drawn)  # noqa: S308 - our own package's file
