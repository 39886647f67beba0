"""The same request again: done once, answered alike. A client's key is kept in the transaction of its effect."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from ctms.accounts.models import User
from ctms.core.acting import current_tenancy
from ctms.core.refusals import BadInput
from ctms.desk.models import IdempotencyKey


@dataclass(frozen=True)
class Kept:
    """What the first request with a key was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def kept(*, user: User, key: str, request_sha256: str) -> Kept | None:
    """The answer given before to this key; None for a new key, which from now on is this transaction's.

    Another request with the same key waits here until this transaction ends.

    Raises:
        BadInput: the key was used for another request.
    """
    sponsor_id = current_tenancy().sponsor_id
    with connection.cursor() as cursor:
        name = f"{sponsor_id}:{user.pk}:{key}"
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    row = IdempotencyKey.objects.filter(user=user, key=key).first()
    if row is None:
        return None
    if row.request_sha256 != request_sha256:
        sentence = "This key was used for another request already: take a new one for each thing to be done."
        raise BadInput("KEY_USED", sentence, fields={"Idempotency-Key": sentence})
    return Kept(row.status, row.headers, bytes(row.body))


def keep(*, user: User, key: str, request_sha256: str, answer: Kept, at: datetime) -> None:
    """Keeps the answer with what the request did."""
    IdempotencyKey.objects.create(
        sponsor_id=current_tenancy().sponsor_id or 0, user=user, key=key, request_sha256=request_sha256,
        status=answer.status, headers=dict(answer.headers), body=answer.body, created_at=at,
    )  # fmt: skip
