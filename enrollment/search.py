"""What the palette finds in this room."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from ctms.core.protocols import Hit
from enrollment.models import Subject


def subjects(words: str, *, sponsor: Any, user: Any, limit: int) -> Iterator[Hit]:
    """Subjects by number."""
    found = Subject.objects.visible_to(user).filter(number__icontains=words).select_related("study", "site__facility")
    for one in found.order_by("number", "pk")[:limit]:
        url = reverse("subject", args=[sponsor.code, one.study.slug, one.pk])
        sub = f"subject, {one.get_status_display().lower()} · {one.study} · {one.site.number} {one.site.facility.city}"
        yield Hit(one.number, sub, url, "users")
