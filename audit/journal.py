"""Writes the access log; `settings.CTMS_JOURNAL` for the floors below."""

from collections.abc import Iterator
from typing import Any

from audit.models import AccessEvent
from ctms.core.acting import current_act_or_none, current_tenancy
from ctms.core.protocols import Happening


class Journal:
    """Answers `ctms.core.protocols.Journal`."""

    def record(self, kind: str, *, user: Any = None, subject: str = "", detail: dict[str, Any] | None = None) -> None:
        act = current_act_or_none()
        who = user if user is not None else act
        AccessEvent.objects.create(
            kind=AccessEvent.Kind(kind),
            sponsor_id=current_tenancy().sponsor_id,
            actor_id=who.actor_id if who else None,
            actor_name=who.actor_name if who else "",
            channel=act.channel if act else "",
            subject=subject,
            detail=detail or {},
        )

    def of(self, user: Any, *, limit: int) -> Iterator[Happening]:
        for event in AccessEvent.objects.filter(actor_id=user.actor_id)[:limit]:
            text = ", ".join(filter(None, (event.subject, event.detail_words)))
            yield Happening(event.at, event.get_kind_display(), text)
