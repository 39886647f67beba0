"""Credentials of other systems: kept encrypted (Fernet), read only where they are used."""

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from ctms.integrations.ports import FeedFailed


def sealed(credentials: Mapping[str, str]) -> bytes:
    """Encrypted with the newest key."""
    return _box().encrypt(json.dumps(dict(credentials)).encode())


def opened(content: bytes) -> dict[str, str]:
    """What was sealed, with whichever key; nothing for none.

    Raises:
        FeedFailed: no key of this installation opens it.
    """
    if not content:
        return {}
    try:
        return dict(json.loads(_box().decrypt(bytes(content))))
    except InvalidToken:
        sentence = "Its credentials were sealed with another key: enter them anew."
        raise FeedFailed(sentence, worth_retrying=False) from None


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.CREDENTIALS_KEYS])
