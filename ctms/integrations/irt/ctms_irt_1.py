"""`ctms-irt-1`, our published contract for IRT systems (docs/interfaces/ctms-irt-1.md): events, as JSON in pages."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from ctms.integrations import identifiers
from ctms.integrations.blinding import treatment_fields
from ctms.integrations.http import Caller, Reply
from ctms.integrations.ports import Fact, FeedFailed, Page, Probe, Resource, Unusable, instant, micros

PER_PAGE = 500
DEEPEST = 20
EVENT_TYPES = frozenset({
    "site_activated", "site_deactivated", "subject_screened", "subject_screen_failed", "subject_randomised",
    "subject_visit", "subject_discontinued", "subject_completed", "emergency_unblinding", "correction",
})  # fmt: skip
_CODE = re.compile(r"[A-Z0-9_]{1,40}")


class CtmsIrt1:
    """One study of one IRT. `credentials` hold a bearer token."""

    resources = (Resource("events", "Events", is_snapshot=False, overlap=24),)

    def __init__(
        self, base_url: str, study: str, *, credentials: Mapping[str, str], is_blinded: bool = True,
        transport: httpx.BaseTransport | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.study = study
        self._is_blinded = is_blinded
        token = credentials.get("token", "")
        self._caller = Caller(base_url, explain=_explained, auth=_Bearer(token), transport=transport, **options)

    def probe(self) -> Probe:
        said = _object(self._caller.get("v1/studies/").body)
        studies = tuple(str(one) for one in said.get("studies", ()))
        if self.study not in studies:
            raise FeedFailed(f"It knows no study {self.study}, or does not show it.", worth_retrying=False)
        return Probe(str(said.get("contract", "")), studies)

    def pull(self, resource: str, cursor: str) -> Iterator[Page]:
        """From `cursor`, the instant up to which was read; a day is read again, because sources date back."""
        since = (datetime.fromisoformat(cursor) - timedelta(hours=24)).isoformat() if cursor else ""
        path = f"v1/studies/{quote(self.study, safe='')}/events"
        after, seen = "", set()
        while True:
            asked = {"limit": str(PER_PAGE), **({"after": after} if after else {"since": since} if since else {})}
            page = self.read(resource, self._caller.get(path, **asked).body)
            yield page
            if not page.next_cursor:
                return
            if page.next_cursor in seen:
                raise FeedFailed("Its pages lead back to where they came from.", worth_retrying=False)
            after = page.next_cursor
            seen.add(after)

    def read(self, resource: str, body: bytes) -> Page:
        """One reply."""
        said = _object(body)
        if not isinstance(said.get("events"), list):
            raise FeedFailed("The reply holds no list of events.", worth_retrying=False)
        if said.get("blinding") != "blinded" and self._is_blinded:
            raise FeedFailed("The feed does not say that it is blinded, and must be.", worth_retrying=False)
        at = _instant(said.get("as_of"))
        if at is None:
            raise FeedFailed("The reply does not say of when it is.", worth_retrying=False)
        facts, unusable = [], []
        for position, event in enumerate(said["events"], 1):
            fact, reason = self._fact(event)
            if fact is not None:
                facts.append(fact)
                if fact.event == "subject_screened":  # the first that IRT knows of a subject
                    facts.append(replace(fact, key=f"{fact.key}|subject", what="SUBJECT", event="", day=""))
            else:
                unusable.append(Unusable(f"event {position}", reason))
        return Page(
            facts=tuple(facts), unusable=tuple(unusable), as_of=at, next_cursor=str(said.get("next") or ""),
            treatment_fields=treatment_fields(_names(said)), sha256=hashlib.sha256(body).hexdigest(), size=len(body),
        )  # fmt: skip

    def _fact(self, event: Any) -> tuple[Fact | None, str]:
        if not isinstance(event, dict):
            return None, "It is no object."
        said = {name: value for name, value in event.items() if isinstance(value, str)}
        kind, key = said.get("event_type", ""), said.get("event_id", "")
        if not key or kind not in EVENT_TYPES:
            return None, "It has no event_id, or an event_type that the contract does not know."
        if said.get("study") != self.study:
            return None, "It is of another study."
        happened, recorded = _instant(said.get("event_at")), _instant(said.get("recorded_at"))
        if happened is None or recorded is None:
            return None, "event_at and recorded_at must be times with an offset."
        subject = said.get("subject", "")
        if kind.startswith("subject_") and (said_no := identifiers.objection(subject)):
            return None, said_no
        code = said.get("screen_fail_reason_code", "")
        what = {"subject_visit": "VISIT", "correction": "CORRECTION"}.get(kind, "DAY")
        state = "VOID" if kind == "correction" and event.get("void") is True else code if _CODE.fullmatch(code) else ""
        return Fact(
            key=key, what=what, version=micros(recorded), as_of=recorded, place=said.get("site", ""), subject=subject,
            event=said.get("visit_code", "") if what == "VISIT" else kind, state=state, day=said["event_at"][:10],
            ref=said.get("corrects_event_id", ""),
        ), ""  # fmt: skip


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def _object(body: bytes) -> dict[str, Any]:
    if b"[" * (DEEPEST * 20) in body or b'{"' * (DEEPEST * 20) in body:
        raise FeedFailed("The reply is nested too deeply.", worth_retrying=False)
    try:
        said = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise FeedFailed("The reply is no JSON, or was cut off.", worth_retrying=True) from None
    if not isinstance(said, dict):
        raise FeedFailed("The reply is no JSON object.", worth_retrying=False)
    return said


def _names(value: Any, depth: int = 0) -> Iterator[str]:
    if depth > DEEPEST:
        raise FeedFailed("The reply is nested too deeply.", worth_retrying=False)
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _names(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            yield from _names(one, depth + 1)


def _instant(text: Any) -> datetime | None:
    """None where it is no instant, or has no offset."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return instant(str(text)) if at.tzinfo else None


def _explained(reply: Reply) -> str:
    try:
        said = orjson.loads(reply.body)
        message = said["message"] if isinstance(said, dict) else ""
    except (orjson.JSONDecodeError, KeyError):
        return ""
    return f"It says: {message}" if re.fullmatch(r"[\w .,:;()'-]{1,200}", str(message)) else ""
