"""What the palette finds in this room."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.urls import reverse

from ctms.core.protocols import Hit
from ctms.studies.models import Study


def studies(words: str, *, sponsor: Any, user: Any, limit: int) -> Iterator[Hit]:
    """Studies by protocol number, registry number, title or acronym."""
    matching = Q()
    for field in ("protocol_no", "nct_id", "title", "acronym"):
        matching |= Q(**{f"{field}__icontains": words})
    for study in Study.objects.visible_to(user).filter(matching).order_by("protocol_no")[:limit]:
        yield Hit(
            study.protocol_no,
            study.acronym or study.title,
            reverse("study", args=[sponsor.code, study.slug]),
            "flask-conical",
        )
