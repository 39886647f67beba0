"""`demand`: how a service refuses whoever's roles do not include what they ask for."""

from typing import Any

from ctms.core import protocols
from ctms.core.refusals import NotAllowed


def demand(*, by: Any, verb: str, record: Any, code: str, sentence: str) -> None:
    """Goes on if the person holds a role with this verb at the record's place, or above it.

    Raises:
        NotAllowed: they do not, or that role waits for its training. The attempt is noted in the access log.
    """
    if not protocols.authority().may(by, verb, record):
        raise protocols.authority().why_not(by, verb, record) or NotAllowed(code, sentence, recorded=True)
