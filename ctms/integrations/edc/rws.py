"""Medidata Rave Web Services: ODM over HTTP. Of what it sends, statuses, days and counts are picked; never a value.

Resources: the sites of a study, its subjects, and the audit records, whose ids are a perfect cursor.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree.ElementTree import Element

import httpx

from ctms.integrations import identifiers
from ctms.integrations.blinding import treatment_fields
from ctms.integrations.edc.odm import attributes, children, created, error_in, first, local, names_in, parsed
from ctms.integrations.http import Caller, Reply
from ctms.integrations.ports import Fact, FeedFailed, Page, Probe, Resource, Unusable, instant

PER_PAGE = 1000
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_QUERIES = {"QueryOpen": "OPEN", "QueryAnswer": "ANSWERED", "QueryClose": "CLOSED", "QueryCancel": "CLOSED"}
_ENTRIES = frozenset({"Entered", "EnteredEmpty", "EnteredWithChangeCode", "Changed", "EnteredNonConformant"})


class Rws:
    """One study in one environment of one Rave.

    Args:
        study: its OID there: "D3460C00002(Prod)".
        days: items whose value is a day that is wanted: "DM.ICFDT". No other value is looked at.
        visit_item: the item that holds a visit's day, in whatever visit.
    """

    resources = (
        Resource("sites", "Sites", is_snapshot=True),
        Resource("subjects", "Subjects", is_snapshot=True),
        Resource("audits", "Audit records", is_snapshot=False, overlap=200),
    )

    def __init__(
        self, base_url: str, study: str, *, credentials: Mapping[str, str], days: Iterable[str] = (),
        visit_item: str = "", transport: httpx.BaseTransport | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC), **options: Any,
    ) -> None:  # fmt: skip
        self.study = study
        self._days = frozenset(days)
        self._visit_item = visit_item
        self._now = now
        auth = httpx.BasicAuth(credentials.get("user", ""), credentials.get("password", ""))
        self._caller = Caller(base_url, explain=_explained, auth=auth, transport=transport, **options)
        self._read: dict[str, Callable[[Element, datetime], tuple[list[Fact], list[Unusable]]]] = {
            "sites": self._sites, "subjects": self._subjects, "audits": self._audits,
        }  # fmt: skip

    def probe(self) -> Probe:
        version = self._caller.get("version").text.strip()
        root = parsed(self._caller.get("studies").body)
        studies = tuple(attributes(study).get("OID", "") for study in children(root, "Study"))
        if self.study not in studies:
            raise FeedFailed(f"It knows no study {self.study}, or does not show it.", worth_retrying=False)
        return Probe(version[:40], studies)

    def pull(self, resource: str, cursor: str) -> Iterator[Page]:
        reply = self._first(resource, cursor)
        while True:
            page = self.read(resource, reply.body, next_cursor=_start_of(reply.next_url))
            yield page
            if not page.next_cursor:
                return
            if not page.next_cursor.isdigit() or int(page.next_cursor) <= int(cursor or 0):
                raise FeedFailed("Its pages lead back to where they came from.", worth_retrying=False)
            cursor = page.next_cursor
            reply = self._first(resource, cursor)

    def read(self, resource: str, body: bytes, *, next_cursor: str = "") -> Page:
        """One reply. Public, so that recorded ones can be read."""
        root = parsed(body)
        at = created(root, otherwise=self._now())
        facts, unusable = self._read[resource](root, at)
        return Page(
            facts=tuple(facts), unusable=tuple(unusable), as_of=at, next_cursor=next_cursor,
            treatment_fields=treatment_fields(names_in(root)), sha256=hashlib.sha256(body).hexdigest(), size=len(body),
        )  # fmt: skip

    def _first(self, resource: str, cursor: str) -> Reply:
        if resource == "sites":
            return self._caller.get("datasets/Sites.odm/", studyoid=self.study)
        if resource == "subjects":
            options = {
                "status": "all",
                "include": "inactiveAndDeleted",
                "links": "all",
                "subjectKeyType": "SubjectUUID",
            }
            return self._caller.get(f"studies/{quote(self.study)}/subjects", **options)
        return self._caller.get(
            "datasets/ClinicalAuditRecords.odm/", studyoid=self.study, startid=cursor or "1", per_page=str(PER_PAGE),
            mode="enhanced",
        )  # fmt: skip

    def _sites(self, root: Element, at: datetime) -> tuple[list[Fact], list[Unusable]]:
        facts, unusable = [], []
        for position, location in enumerate(_below(root, "AdminData", "Location"), 1):
            said = attributes(location)
            if not (oid := said.get("OID", "").strip()):
                unusable.append(Unusable(f"location {position}", "It has no OID."))
                continue
            state = "INACTIVE" if said.get("Active", "Yes").lower() in ("no", "false") else "ACTIVE"
            facts.append(Fact(oid, "SITE", 0, at, place=oid, state=state))
        return facts, unusable

    def _subjects(self, root: Element, at: datetime) -> tuple[list[Fact], list[Unusable]]:
        facts, unusable = [], []
        for position, subject in enumerate(_below(root, "ClinicalData", "SubjectData"), 1):
            said = attributes(subject)
            name = (said.get("SubjectName") or said.get("SubjectKey", "")).strip()
            if said_no := identifiers.objection(name) or identifiers.objection(said.get("SubjectKey", name)):
                unusable.append(Unusable(f"subject {position}", said_no))
                continue
            site = first(subject, "SiteRef")
            place = attributes(site).get("LocationOID", "").strip() if site is not None else ""
            is_gone = said.get("Deleted", "").lower() == "yes" or said.get("SubjectActive", "").lower() == "no"
            state = "DELETED" if is_gone else ""
            key = said.get("SubjectKey", "").strip() or name
            facts.append(Fact(key, "SUBJECT", 0, at, place=place, subject=name, state=state))
        return facts, unusable

    def _audits(self, root: Element, at: datetime) -> tuple[list[Fact], list[Unusable]]:
        facts: list[Fact] = []
        unusable = []
        for position, data in enumerate(children(root, "ClinicalData"), 1):
            subject = first(data, "SubjectData")
            if subject is None:
                continue
            said = attributes(subject)
            name = (said.get("SubjectName") or said.get("SubjectKey", "")).strip()
            if said_no := identifiers.objection(name):
                unusable.append(Unusable(f"audit record {position}", said_no))
                continue
            number, stamp = _audit_of(data)
            if number is None or stamp is None:
                unusable.append(Unusable(f"audit record {position}", "It has no audit number or no time."))
                continue
            category = attributes(data).get("AuditSubCategoryName", "")
            facts += self._said(category, subject, name, number, stamp)
        return facts, unusable

    def _said(self, category: str, subject: Element, name: str, number: int, stamp: datetime) -> Iterator[Fact]:
        """What one audit record tells of the things that are wanted; usually one fact, often none."""
        site = first(subject, "SiteRef")
        common: dict[str, Any] = {
            "version": number, "as_of": stamp, "subject": name,
            "place": attributes(site).get("LocationOID", "").strip() if site is not None else "",
        }  # fmt: skip
        status = attributes(subject).get("Status", "")
        if category == "SubjectStatusChanged" and status:
            yield Fact(f"{name}|status", "STATUS", state=status, **common)
        event = first(subject, "StudyEventData")
        form = first(event, "FormData") if event is not None else None
        if event is None or form is None:
            return
        visit, form_oid = _visit(event), attributes(form).get("FormOID", "")
        where = f"{name}|{visit}|{form_oid}"
        item = first(form, "ItemGroupData", "ItemData")
        oid = attributes(item).get("ItemOID", "") if item is not None else ""
        if category in _ENTRIES:
            yield Fact(f"{where}|form", "FORM", event=visit, state="ENTERED", **common)
            if item is not None and (oid in self._days or oid == self._visit_item):
                yield from self._day(item, oid, visit, f"{name}|{visit}|{oid}", common)
        elif category in ("Verify", "Unverify", "UnVerify"):
            state = "YES" if category == "Verify" else "NO"
            yield Fact(f"{where}|{oid}|verified", "VERIFIED", event=visit, state=state, **common)
        elif category in _QUERIES and item is not None:
            query = first(item, "Query")
            repeat = attributes(query).get("QueryRepeatKey", "1") if query is not None else "1"
            # QueryRepeatKey alone is not unique: real pages repeat it between fields.
            key = f"{where}|{oid}|query {repeat}"
            yield Fact(key, "QUERY", event=visit, state=_QUERIES[category], **common)

    def _day(self, item: Element, oid: str, visit: str, key: str, common: Mapping[str, Any]) -> Iterator[Fact]:
        """The day in an item that was asked for; anything else that stands in it is left where it is."""
        value = _DAY.match(attributes(item).get("Value", "").strip())
        if oid == self._visit_item:
            yield Fact(key, "VISIT", event=visit, day=value.group() if value else "", **common)
        else:
            yield Fact(key, "DAY", event=oid, day=value.group() if value else "", **common)


def _below(root: Element, outer: str, inner: str) -> Iterator[Element]:
    for element in children(root, outer):
        yield from children(element, inner)


def _audit_of(data: Element) -> tuple[int | None, datetime | None]:
    record = next((element for element in data.iter() if local(element.tag) == "AuditRecord"), None)
    number = first(record, "SourceID") if record is not None else None
    stamp = first(record, "DateTimeStamp") if record is not None else None
    text = (number.text or "").strip() if number is not None else ""
    try:
        at = instant(stamp.text or "", assumed=UTC) if stamp is not None else None
    except ValueError:
        at = None
    return (int(text) if text.isdigit() and len(text) < 19 else None), at


def _visit(event: Element) -> str:
    """SCREEN; a repeat is SCREEN#2. Rave writes the first as "1" or "SCREEN[1]"."""
    said = attributes(event)
    oid, repeat = said.get("StudyEventOID", ""), said.get("StudyEventRepeatKey", "")
    number = re.search(r"(\d+)\]?$", repeat)
    return f"{oid}#{number.group(1)}" if number and number.group(1) != "1" else oid


def _start_of(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("startid", [""])[0] if url else ""


def _explained(reply: Reply) -> str:
    return error_in(reply.body)
