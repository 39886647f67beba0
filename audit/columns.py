"""What the access log shows."""

from typing import Any

from audit.models import AccessEvent
from ctms.web.columns import Column

_TONES = {
    AccessEvent.Kind.SIGN_IN_FAILED: "watch",
    AccessEvent.Kind.REFUSED: "bad",
    AccessEvent.Kind.EXPORTED: "info",
}


def _detail(event: Any) -> str:
    return "; ".join(f"{name}: {value}" for name, value in event.detail.items() if value)


ACCESS_COLUMNS = (
    Column("at", "Time", lambda event: event.at, "date", ("at",), phone="title", generated=True),
    Column("kind", "What", lambda event: event.get_kind_display(), "status", ("kind",),
           tone=lambda event: _TONES.get(event.kind, "mute"), phone="main"),
    Column("actor", "Who", lambda event: event.actor_name, "text", ("actor_name",), phone="main"),
    Column("subject", "About", lambda event: event.subject or _detail(event), "text", ("subject",),
           sub=lambda event: _detail(event) if event.subject else ""),
)  # fmt: skip
