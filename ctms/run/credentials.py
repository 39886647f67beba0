"""Passwords and keys of the embedded servers: made once, kept in `var/credentials.json`, readable by this user only."""

import json
import os
import secrets
from dataclasses import asdict, dataclass

from ctms.run import places


@dataclass(frozen=True)
class Credentials:
    """One password per database login (`logins.py` says what each may do), and Django's secret key."""

    admin: str
    owner: str
    app: str
    reader: str
    secret_key: str


def load() -> Credentials:
    """Reads the credentials, making them on first use."""
    path = places.CREDENTIALS
    if not path.exists():
        admin, owner, app, reader = (secrets.token_urlsafe(32) for _ in range(4))
        _write(Credentials(admin, owner, app, reader, secret_key=secrets.token_urlsafe(64)))
    return Credentials(**json.loads(path.read_text()))


def _write(credentials: Credentials) -> None:
    path = places.CREDENTIALS
    places.make_private(path.parent)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(credentials), file, indent=1)
    draft.rename(path)
