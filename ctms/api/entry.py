"""How a program comes in: its token leads to a sponsor, and there to the person it acts for."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import DateTimeField, Func
from rest_framework.exceptions import NotAuthenticated

from ctms.accounts import access
from ctms.accounts.models import ApiToken, EntryKey
from ctms.accounts.models.keys import digest_of
from ctms.core.acting import in_sponsor

_NOW = Func(function="ctms_now", output_field=DateTimeField())
_WANTED = "Send a token: Authorization: Bearer ctms_api_..."
_REFUSED = "This token is not valid: it is unknown, revoked or expired, or its owner may not enter any more."


@contextmanager
def entered(header: str) -> Iterator[ApiToken]:
    """Opens the sponsor that the token leads to, for as long as the block runs.

    Args:
        header: what stands in Authorization.

    Raises:
        NotAuthenticated: there is no token, or none that counts now. It is not told which.
    """
    scheme, _, key = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise not_signed_in(_WANTED)
    entry = EntryKey.objects.filter(digest=digest_of(key.strip()), kind=EntryKey.Kind.TOKEN).first()
    if entry is None:
        raise not_signed_in(_REFUSED)
    with in_sponsor(entry.sponsor_id):
        usable = ApiToken.objects.filter(pk=entry.record_id, revoked_at=None, expires_at__gt=_NOW)
        token = usable.select_related("user", "sponsor").first()
        if token is None or not token.user.is_active:
            raise not_signed_in(_REFUSED)
        if access.current_membership(token.user, token.sponsor.code) is None:
            raise not_signed_in(_REFUSED)
        with access.seeing_as(token.user, entry.sponsor_id):
            yield token


def not_signed_in(sentence: str) -> NotAuthenticated:
    """A 401, with the header that says how to sign in."""
    error = NotAuthenticated(sentence)
    error.auth_header = 'Bearer realm="CTMS"'  # type: ignore[attr-defined]
    return error
