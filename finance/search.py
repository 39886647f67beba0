"""What the palette finds in this room."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from ctms.core.protocols import Hit
from ctms.core.wording import number_in
from finance.models import Agreement, PaymentRun


def runs(words: str, *, sponsor: Any, user: Any, limit: int) -> Iterator[Hit]:
    """Payment runs by number."""
    number = number_in(words, "PR")
    if number is None:
        return
    found = PaymentRun.objects.visible_to(user).filter(number=number).select_related("study")
    for run in found.order_by("study", "pk")[:limit]:
        url = reverse("run", args=[sponsor.code, run.study.slug, run.number])
        yield Hit(str(run), f"payment run, {run.get_status_display().lower()} · {run.study}", url, "banknote")


def agreements(words: str, *, sponsor: Any, user: Any, limit: int) -> Iterator[Hit]:
    """Agreements by number."""
    found = Agreement.objects.visible_to(user).filter(number__icontains=words).select_related("study", "site__facility")
    for one in found.order_by("number", "pk")[:limit]:
        url = reverse("agreement", args=[sponsor.code, one.study.slug, one.pk])
        yield Hit(one.number, f"agreement · {one.study} · {one.site.number} {one.site.facility.city}", url, "file-text")
