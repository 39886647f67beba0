"""`settings.SESSION_ENGINE`: Django's sessions in the database, in rows that know their person."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    """What a session holds about whose it is, since when and from where, stands in columns of its row too."""

    @classmethod
    def get_model_class(cls) -> Any:
        from ctms.accounts.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.began_at, row.seen_at = _instant(data.get("began")), _instant(data.get("seen"))
        row.address, row.agent = data.get("address", ""), data.get("agent", "")
        return row


def _instant(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
