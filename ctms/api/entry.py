"""How a program comes in: its token leads to a sponsor, and there to the person it acts for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from django.db.models import DateTimeField, F, Func, QuerySet
from rest_framework.exceptions import NotAuthenticated

from ctms.accounts import access
from ctms.accounts.models import ApiToken, EntryKey, Membership, Sponsor, User
from ctms.accounts.models.keys import digest_of
from ctms.core.acting import in_sponsor
from ctms.core.compiled import Compiled

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
    entry = next(iter(_ENTRY(digest=digest_of(key.strip()))), None)
    if entry is None:
        raise not_signed_in(_REFUSED)
    sponsor_id, record_id = entry
    with in_sponsor(sponsor_id):
        token = next(map(_made, _TOKEN(pk=record_id)), None)
        if token is None:
            raise not_signed_in(_REFUSED)
        with access.seeing_as(token.user, sponsor_id):
            yield token


def not_signed_in(sentence: str) -> NotAuthenticated:
    """A 401, with the header that says how to sign in."""
    error = NotAuthenticated(sentence)
    error.auth_header = 'Bearer realm="CTMS"'  # type: ignore[attr-defined]
    return error


def _entries(*, digest: str) -> QuerySet[Any, Any]:
    found = EntryKey.objects.filter(digest=digest, kind=EntryKey.Kind.TOKEN)
    return found.values_list("sponsor_id", "record_id")


def _tokens(*, pk: int) -> QuerySet[Any, Any]:
    """The token with its person, sponsor and membership, if all of them count now."""
    usable = ApiToken.objects.filter(  # in one: a second filter() would ask any membership, of whichever sponsor
        access.lets_in("user__memberships__"), user__memberships__sponsor=F("sponsor"), user__is_active=True,
        pk=pk, revoked_at=None, expires_at__gt=_NOW,
    )  # fmt: skip
    return usable.values_list(*chain.from_iterable(_COLUMNS.values()))


def _made(row: Sequence[Any]) -> ApiToken:
    """The token as the ORM would have made it; the person's memberships are known to be this one."""
    values = iter(row)
    made = {model: dict(zip(names, values, strict=False)) for model, names in _NAMES.items()}
    token, user, sponsor, membership = (model(**said) for model, said in made.items())
    for record in (token, user, sponsor, membership):
        record._state.adding, record._state.db = False, "default"
    token.user, token.sponsor, membership.sponsor = user, sponsor, sponsor
    user._memberships = [membership]
    return token


_PREFIXES: dict[Any, str] = {ApiToken: "", User: "user__", Sponsor: "sponsor__", Membership: "user__memberships__"}
_NAMES = {model: [field.attname for field in model._meta.concrete_fields] for model in _PREFIXES}
_COLUMNS = {model: [f"{prefix}{name}" for name in _NAMES[model]] for model, prefix in _PREFIXES.items()}
_ENTRY = Compiled(_entries, digest="the digest of a key")
_TOKEN = Compiled(_tokens, pk=-101)
