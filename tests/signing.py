"""Signing in tests: through the signer that pages use, with the seed's password proved once per person and run."""

import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from ctms.accounts.models import User
from ctms.core import protocols
from ctms.core.protocols import Proof
from tests.conftest import act
from tests.seed import PASSWORD

SESSION = "test"
_given: dict[str, Proof] = {}


def given(by: User, nonce: str, *, at: datetime, meaning: str = "APPROVED", session: str = SESSION) -> Proof:
    """That this person gave their password a moment ago."""
    known = _given.get(by.username)
    if known is None or time.monotonic() > known.good_until - 60:
        with act(by):
            known = _given[by.username] = protocols.signer().prove(
                nonce=nonce, meaning=meaning, password=PASSWORD, code="", by=by, session=SESSION, at=at
            )
    return replace(known, nonce=nonce, meaning=meaning, user_id=by.pk, at=at)


def proof(record: Any, by: User, at: datetime, *, kind: str = "approval") -> Proof:
    """That this person signs the record as it is now."""
    with act(by):
        ceremony = protocols.signer().begin(record, kind=kind, by=by, session=SESSION, at=at)
    return given(by, ceremony.nonce, at=at, meaning=ceremony.meanings[0][0])
