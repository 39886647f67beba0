"""How the demo's people sign: with their password, through the signer that pages use."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from ctms.accounts.models import User
from ctms.core import protocols
from ctms.core.protocols import Proof

_SESSION = "demo"


class Pen:
    """Proves each person once per sitting of at most five minutes, and signs record by record within it."""

    def __init__(self, password: str) -> None:
        self._password = password
        self._given: dict[int, Proof] = {}

    def proof(self, record: Any, *, kind: str, by: User, at: datetime) -> Proof:
        """That `by` signs this record as it is now."""
        ceremony = protocols.signer().begin(record, kind=kind, by=by, session=_SESSION, at=at)
        given = self._given.get(by.pk)
        if given is None or time.monotonic() > given.good_until - 1:
            by.refresh_from_db(fields=["password"])
            given = self._given[by.pk] = protocols.signer().prove(
                nonce=ceremony.nonce, meaning=ceremony.meanings[0][0], password=self._password, code="", by=by,
                session=_SESSION, at=at,
            )  # fmt: skip
        return replace(given, nonce=ceremony.nonce, meaning=ceremony.meanings[0][0], at=at)
