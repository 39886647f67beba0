"""What the access log shows."""

from audit.models import AccessEvent
from ctms.web.columns import Column

_TONES = {
    AccessEvent.Kind.SIGN_IN_FAILED: "watch",
    AccessEvent.Kind.REFUSED: "bad",
    AccessEvent.Kind.EXPORTED: "info",
}


ACCESS_COLUMNS = (
    Column("at", "Time", lambda event: event.at, "date", ("at",), phone="title", generated=True),
    Column("kind", "What", lambda event: event.get_kind_display(), "status", ("kind",),
           tone=lambda event: _TONES.get(event.kind, "mute"), phone="main"),
    Column("actor", "Who", lambda event: event.actor_name, "text", ("actor_name",), phone="main"),
    Column("subject", "About", lambda event: event.subject or event.detail_words, "text", ("subject",),
           sub=lambda event: event.detail_words if event.subject else ""),
)  # fmt: skip
