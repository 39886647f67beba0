"""Veeva Vault: documents' status by VQL. It answers failures with HTTP 200 and says so inside."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson

from ctms.integrations.blinding import treatment_fields
from ctms.integrations.http import Caller, Reply
from ctms.integrations.ports import Fact, FeedFailed, Page, Probe, Resource, Unusable, instant, micros

VERSION = "v25.1"
PAGE_SIZE = 200
# Field names differ from vault to vault: what a fact needs -> what it is called by default.
FIELDS = {
    "key": "id", "artifact": "tmf_artifact_number__c", "state": "status__v", "site": "site_number__c",
    "day": "document_date__c", "version": "version_id", "modified": "version_modified_date__v",
    "study": "study_number__c",
}  # fmt: skip
_LATER = frozenset({"API_LIMIT_EXCEEDED", "RACE_CONDITION", "SERVER_ERROR"})


class Vault:
    """The documents of one study in one vault. `credentials` hold a user and a password."""

    resources = (Resource("documents", "Documents", is_snapshot=False, overlap=24),)

    def __init__(
        self, base_url: str, study: str, *, credentials: Mapping[str, str], fields: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.study = study
        self._fields = {**FIELDS, **(fields or {})}
        self._credentials = {"username": credentials.get("user", ""), "password": credentials.get("password", "")}
        self._caller = Caller(base_url, explain=_explained, transport=transport, **options)
        self._session = ""

    def probe(self) -> Probe:
        self._query(f"{self._select()} PAGESIZE 1")
        return Probe(VERSION, (self.study,))

    def pull(self, resource: str, cursor: str) -> Iterator[Page]:
        since = ""
        if cursor:
            at = datetime.fromisoformat(cursor) - timedelta(hours=24)
            since = f" AND {self._fields['modified']} >= '{at:%Y-%m-%dT%H:%M:%S.000Z}'"
        reply = self._query(f"{self._select()}{since} ORDER BY id ASC PAGESIZE {PAGE_SIZE}")
        seen = set()
        while True:
            page = self.read(resource, reply.body)
            yield page
            if not page.next_cursor:
                return
            if page.next_cursor in seen:
                raise FeedFailed("Its pages lead back to where they came from.", worth_retrying=False)
            seen.add(page.next_cursor)
            reply = self._post(page.next_cursor.removeprefix("/"), {})

    def read(self, resource: str, body: bytes) -> Page:
        """One reply to a query."""
        said = _succeeded(body)
        details, rows = said.get("responseDetails") or {}, said.get("data") or []
        if not isinstance(details, dict) or not isinstance(rows, list):
            raise FeedFailed("The reply is not built as the answer to a query is.", worth_retrying=False)
        names: set[str] = set()
        facts, unusable = [], []
        newest: datetime | None = None
        for position, row in enumerate(rows, 1):
            if not isinstance(row, dict):
                unusable.append(Unusable(f"document {position}", "It is no JSON object."))
                continue
            names.update(row)
            fact = self._fact(row)
            if fact is None:
                unusable.append(Unusable(f"document {position}", "It has no id or no time of its last change."))
                continue
            facts.append(fact)
            newest = max(filter(None, (newest, fact.as_of)))
        return Page(
            facts=tuple(facts), unusable=tuple(unusable), as_of=newest or datetime.fromtimestamp(0).astimezone(),
            next_cursor=str(details.get("next_page") or ""), treatment_fields=treatment_fields(names),
            sha256=hashlib.sha256(body).hexdigest(), size=len(body),
        )  # fmt: skip

    def _select(self) -> str:
        study = self.study.replace("'", "")
        listed, where = ", ".join(self._fields.values()), f"{self._fields['study']} = '{study}'"
        return f"SELECT {listed} FROM documents WHERE {where}"  # noqa: S608 - VQL, of a signed mapping's names

    def _fact(self, row: Mapping[str, Any]) -> Fact | None:
        said = {ours: str(row.get(theirs) or "") for ours, theirs in self._fields.items()}
        try:
            modified = instant(said["modified"])
        except ValueError:
            return None
        if not said["key"]:
            return None
        return Fact(
            key=said["key"], what="DOCUMENT", version=micros(modified), as_of=modified, place=said["site"],
            event=said["artifact"], state=said["state"], day=said["day"][:10], ref=said["version"],
        )  # fmt: skip

    def _query(self, vql: str) -> Reply:
        return self._post(f"api/{VERSION}/query", {"q": vql})

    def _post(self, path: str, form: Mapping[str, str]) -> Reply:
        """Asks in a session; one that ended is renewed once."""
        for is_last in (False, True):
            self._session = self._session or self._signed_in()
            reply = self._caller.post(path, form, headers={"Authorization": self._session})
            if is_last or "INVALID_SESSION_ID" not in _failures(reply.body):
                return reply
            self._session = ""
        raise AssertionError

    def _signed_in(self) -> str:
        said = _succeeded(self._caller.post(f"api/{VERSION}/auth", self._credentials).body)
        return str(said.get("sessionId", ""))


def _succeeded(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise FeedFailed("The reply is no JSON, or was cut off.", worth_retrying=True) from None
    if not isinstance(said, dict):
        raise FeedFailed("The reply is no JSON object.", worth_retrying=False)
    if said.get("responseStatus") in ("SUCCESS", "WARNING"):
        return said
    kinds = _failures(body)
    sentence = f"It says {', '.join(sorted(kinds)) or 'that it failed'}."
    raise FeedFailed(sentence, worth_retrying=bool(kinds & _LATER))


def _failures(body: bytes) -> set[str]:
    """The kinds of the errors that a reply reports; their messages are not repeated."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return set()
    errors = said.get("errors") if isinstance(said, dict) else None
    kinds = {str(one.get("type", "")) for one in errors or () if isinstance(one, dict)}
    return {kind for kind in kinds if kind.replace("_", "").isalnum()}


def _explained(reply: Reply) -> str:
    kinds = _failures(reply.body)
    return f"It says {', '.join(sorted(kinds))}." if kinds else ""
