"""Versions of records in headers: `ETag` says which one was sent, `If-Match` which one a change is meant for."""

import re
from typing import Any

from ctms.core.versions import version_of
from ctms.web.rest.errors import BadQuery, Precondition

_TAG = re.compile(r'\s*(?:W/)?"(\d{1,18})"\s*')  # a compressed answer's tag comes back as a weak one
_MISSING = "Say with If-Match which version you have read: the record's ETag, or * for any."


def etag(record: Any) -> str:
    """The record's version as a header value."""
    return f'"{version_of(record)}"'


def version_asked(header: str | None) -> int | None:
    """The version named by If-Match; None for "*".

    Raises:
        Precondition: 428, none is named. 412, something that was never a version of ours.
        BadQuery: several are named, or what is there is no list of tags.
    """
    if header is None or not header.strip():
        raise Precondition(428, "VERSION_NEEDED", _MISSING)
    if header.strip() == "*":
        return None
    if match := _TAG.fullmatch(header):
        return int(match[1])
    if re.fullmatch(r'\s*(?:W/)?"[^"]*"\s*', header):
        raise Precondition(412, "CHANGED_MEANWHILE", "The record was never at this version.")
    raise BadQuery("If-Match cannot be used.", {"If-Match": "Send one version, in quotes, as the ETag was."})
