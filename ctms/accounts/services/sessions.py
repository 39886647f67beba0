"""Ending sessions: a person's own, one by one or all others; and clearing away what has ended."""

from datetime import datetime, timedelta

from ctms.accounts import access
from ctms.accounts.models import Session, User, WrongSecrets
from ctms.core.refusals import Refusal
from ctms.core.use_case import use_case


@use_case
def end_session(*, public_id: str, by: User) -> None:
    """Ends one of a person's own sessions: its next request is signed out.

    Raises:
        Refusal: NO_SESSION, it ended by itself meanwhile, or is not theirs.
    """
    for session in Session.objects.filter(user=by):
        if session.public_id == public_id:
            session.delete()
            access.record("SESSION_REVOKED", by, device=session.device, **{"from": session.address})
            return
    raise Refusal("NO_SESSION", "That session has ended already.")


def end_other_sessions(user: User, *, but: str | None = None) -> None:
    """Ends all sessions of a person, except the one with this key; for services that change what signs them in."""
    Session.objects.filter(user=user).exclude(session_key=but or "").delete()


def drop_ended(*, server_time: datetime, at: datetime) -> None:
    """Drops sessions that ended by the server's clock, and counts of wrong secrets that are a day old."""
    Session.objects.filter(expire_date__lt=server_time).delete()
    WrongSecrets.objects.filter(changed_at__lt=at - timedelta(days=1)).delete()
