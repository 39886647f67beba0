"""Speaks Medidata Rave Web Services over the simulated world: ODM with clinical data in it, as the real one sends."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from xml.sax.saxutils import quoteattr

from ctms.integrations.simulators.serving import BASIC, SIMULATOR, Asked, Reply, rws_error
from ctms.integrations.simulators.world import Subject, World

PREFIX = "/RaveWebServices/"
ENVIRONMENT = "Prod"
# What a CTMS must never keep. It stands in audit records as it does in real ones.
PLANTED = {
    "LB.ALT": "7391.4242", "AE.AETXT": "Narrative 7F3A: sudden dizziness after dinner",
    "DM.NAME": "Wilhelmina Testperson", "DM.BRTHDT": "1953-04-17",
}  # fmt: skip
PLANTED_ARM = "Arm Tangerine 52 mg"
_DAY_ITEMS = {
    "CONSENTED": ("DM", "DM.ICFDT"), "ELIGIBLE": ("IE", "IE.ELIGDT"), "SCREEN_FAILED": ("IE", "IE.SFDT"),
    "TREATED": ("EX", "EX.FDOSDT"), "TREATMENT_ENDED": ("DS", "DS.EOTDT"), "COMPLETED": ("DS", "DS.COMPDT"),
    "WITHDRAWN": ("DS", "DS.WDDT"), "LOST": ("DS", "DS.LTFUDT"),
}  # fmt: skip
_NAMESPACES = (
    'xmlns="http://www.cdisc.org/ns/odm/v1.3" xmlns:mdsol="http://www.mdsol.com/ns/odm/metadata" '
    'xmlns:xlink="http://www.w3.org/1999/xlink"'
)
_FLAGS = (
    "Overdue", "Touched", "Empty", "Incomplete", "NonConformant", "RequiresSecondPass", "RequiresReconciliation",
    "RequiresVerification", "Verified", "Frozen", "Locked", "RequiresReview", "PendingReview", "Reviewed",
    "RequiresAnswerQuery", "RequiresPendingCloseQuery", "RequiresCloseQuery", "StickyPlaced", "Signed",
    "SignatureCurrent", "RequiresTranslation", "RequiresCoding", "RequiresPendingAnswerQuery", "RequiresSignature",
    "ReadyForFreeze", "ReadyForLock",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Audit:
    at: datetime
    category: str
    subject: Subject
    inner: str  # what stands inside SubjectData, the audit record apart
    status: str = ""


class Rave:
    """One Rave with one study."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.study = f"{world.published.study}({ENVIRONMENT})"
        self._known: list[tuple[int, _Audit]] | None = None

    def __call__(self, asked: Asked, fault: str) -> Reply:
        path = asked.path.removeprefix(PREFIX).strip("/")
        open_to_all = {"version": "1.8.0", "version/build": "simulated", "twohundred": SIMULATOR}
        if path in open_to_all:
            return Reply(open_to_all[path].encode(), content_type="text/plain")
        if not asked.headers.get("authorization"):
            return Reply(b"Authorization Header not provided", 401, "text/plain")
        if not asked.is_signed(by=BASIC):
            error = 'mdsol:ErrorDescription="Incorrect login and password combination. [RWS00008]"'
            return Reply(self._odm("", more=error).encode(), 401)
        if path == "studies":
            return self._studies()
        wanted = asked.query.get("studyoid") or path.removeprefix("studies/").partition("/")[0]
        if wanted != self.study:
            return Reply(rws_error("RWS00012", "Study not found"), 404)
        if path.startswith("studies/") and path.endswith("/subjects"):
            return self._subjects(asked, fault)
        if path == "datasets/Sites.odm":
            return self._sites()
        if path == "datasets/ClinicalAuditRecords.odm":
            return self._audits(asked, fault)
        return Reply(rws_error("RWS00092", "Resource not found"), 404)

    def _odm(self, inner: str, *, kind: str = "Snapshot", more: str = "", at: datetime | None = None) -> str:
        created = (at or self.world.now).strftime("%Y-%m-%dT%H:%M:%S.000-00:00")
        return (
            f'<ODM {_NAMESPACES} FileType="{kind}" FileOID="simulated-{created}" CreationDateTime="{created}" '
            f'ODMVersion="1.3" SourceSystem="{SIMULATOR}" Originator="{SIMULATOR}" {more}>{inner}</ODM>'
        )

    def _studies(self) -> Reply:
        protocol = self.world.published.study
        inner = (
            f"<Study OID={quoteattr(self.study)}><GlobalVariables><StudyName>{self.study}</StudyName>"
            f"<StudyDescription/><ProtocolName>{protocol}</ProtocolName></GlobalVariables></Study>"
        )
        return Reply(self._odm(inner).encode())

    def _sites(self) -> Reply:
        locations = "".join(
            f'<Location OID={quoteattr(site.number)} Name={quoteattr("Site " + site.number)} LocationType="Site" '
            f'mdsol:Active="Yes"><MetaDataVersionRef StudyOID={quoteattr(self.study)} MetaDataVersionOID="1" '
            f'EffectiveDate="{site.activated_on}" mdsol:StudySiteNumber={quoteattr(site.number)}/></Location>'
            for site in self.world.published.sites
            if site.activated_on
        )
        return Reply(self._odm(f"<AdminData StudyOID={quoteattr(self.study)}>{locations}</AdminData>").encode())

    def _subjects(self, asked: Asked, fault: str) -> Reply:
        subjects = [one for one in self.world.subjects if one.known_to_edc]
        if fault == "half":
            subjects = subjects[::2]
        twice = [replace(one, site=one.edc_also_at) for one in subjects if one.edc_also_at]
        inner = "".join(self._subject(one, asked) for one in subjects + twice)
        at = self.world.now - timedelta(days=30) if fault == "stale" else None
        inner += inner if fault == "duplicate" else ""
        if fault == "arm":
            inner = inner.replace("<SubjectData ", f"<SubjectData mdsol:Arm={quoteattr(PLANTED_ARM)} ", 1)
        return Reply(self._odm(inner, at=at).encode())

    def _subject(self, subject: Subject, asked: Asked) -> str:
        """By name or by UUID, with or without flags, as it is asked for."""
        is_open = any(self._is_open(query) for visit in subject.visits for query in visit.queries)
        said = {"Touched": "Yes", "RequiresAnswerQuery": "Yes" if is_open else "No"}
        flags = " ".join(f'mdsol:{flag}="{said.get(flag, "No")}"' for flag in _FLAGS)
        if asked.query.get("status") != "all":
            flags = ""
        who = f"SubjectKey={quoteattr(subject.number)}"
        if asked.query.get("subjectKeyType") == "SubjectUUID":
            name = quoteattr(subject.number)
            who = f'SubjectKey="{subject.key}" mdsol:SubjectKeyType="SubjectUUID" mdsol:SubjectName={name}'
        return (
            f'<ClinicalData StudyOID={quoteattr(self.study)} MetaDataVersionOID="1"><SubjectData {who} '
            f"{flags}><SiteRef LocationOID={quoteattr(subject.site)}/></SubjectData></ClinicalData>"
        )

    def _is_open(self, query: tuple[datetime, datetime | None]) -> bool:
        opened, closed = query
        return opened <= self.world.now and (closed is None or closed > self.world.now)

    # Audit records

    def _audits(self, asked: Asked, fault: str) -> Reply:
        start, size = int(asked.query.get("startid") or 1), min(int(asked.query.get("per_page") or 100), 10_000)
        records = [pair for pair in self.audits() if pair[0] >= start]
        page, rest = records[:size], records[size:]
        inner = "".join(self._audit(number, record) for number, record in page)
        inner += inner if fault == "duplicate" else ""
        if fault == "arm":
            inner = inner.replace('ItemOID="DM.ICFDT"', 'ItemOID="DM.ARM"', 1).replace("LB.ALT", "DM.ARMCD", 1)
        headers: tuple[tuple[str, str], ...] = ()
        if rest:
            url = f"{asked.origin}{asked.path}?studyoid={self.study}&startid={rest[0][0]}&per_page={size}"
            headers = (("Link", f'<{url}>; rel="next"'),)
        return Reply(self._odm(inner, kind="Transactional").encode(), headers=headers)

    def audits(self) -> list[tuple[int, _Audit]]:
        """All records by now, with their numbers: the later, the higher."""
        if self._known is None:
            told = (record for one in self.world.subjects if one.known_to_edc for record in self._told_of(one))
            known = sorted((record for record in told if record.at <= self.world.now), key=_order)
            self._known, last = [], 0
            for record in known:
                # Seconds since 2020, and the turn within the second: stable, whoever comes later.
                last = max(last + 1, int(record.at.timestamp() - 1_577_836_800) * 1000)
                self._known.append((last, record))
        return self._known

    def _told_of(self, one: Subject) -> Iterator[_Audit]:
        chance = Random(f"audit {one.site} {one.number}")
        for position, (what, day) in enumerate(one.days.items()):
            if what not in _DAY_ITEMS:
                continue
            form, item = _DAY_ITEMS[what]
            at = max(_entered(day, chance), one.entered_from)
            if one.mended_at:
                at = max(at, one.mended_at + timedelta(seconds=10 * position))
            yield _Audit(at, "Entered", one, _item("SUBJECT", form, item, day.isoformat()))
            yield _Audit(at + timedelta(seconds=1), "SubjectStatusChanged", one, "", _word(what))
        first = max(_entered(one.days["CONSENTED"], chance), one.entered_from)
        for item, value in PLANTED.items():
            yield _Audit(first + timedelta(seconds=5), "Entered", one, _item("SUBJECT", item[:2], item, value))
        for visit in one.visits:
            at = max(visit.entered_at, one.entered_from)
            yield _Audit(at, "Entered", one, _item(visit.code, "SV", "SV.SVSTDT", visit.on.isoformat()))
            yield _Audit(at, "Entered", one, _item(visit.code, "LB", "LB.ALT", PLANTED["LB.ALT"]))
            if visit.verified_at:
                verified, verify = max(visit.verified_at, at), ' mdsol:Verify="Yes"'
                yield _Audit(verified, "Verify", one, _item(visit.code, "SV", "SV.SVSTDT", None, verify))
            for number, (opened, closed) in enumerate(visit.queries, 1):
                for moment, category, status in ((opened, "QueryOpen", "Open"), (closed, "QueryClose", "Closed")):
                    if moment is not None:
                        text = quoteattr(PLANTED["AE.AETXT"])
                        query = (
                            f'<mdsol:Query QueryRepeatKey="{number}" Value={text} Status="{status}" Recipient="Site"/>'
                        )
                        # Within one second, the category that comes first in the alphabet stands first.
                        seen = max(moment, at + timedelta(seconds=status == "Closed"))
                        yield _Audit(seen, category, one, _item(visit.code, "LB", "LB.ALT", None, "", query))

    def _audit(self, number: int, record: _Audit) -> str:
        one = record.subject
        status = f" mdsol:Status={quoteattr(record.status)}" if record.status else ""
        audit = (
            f'<AuditRecord><UserRef UserOID="systemuser"/><LocationRef LocationOID={quoteattr(one.site)}/>'
            f"<DateTimeStamp>{record.at:%Y-%m-%dT%H:%M:%S}</DateTimeStamp><ReasonForChange/>"
            f"<SourceID>{number}</SourceID></AuditRecord>"
        )
        inner = record.inner.replace("<!--audit-->", audit) if record.inner else audit
        return (
            f'<ClinicalData StudyOID={quoteattr(self.study)} MetaDataVersionOID="1" '
            f'mdsol:AuditSubCategoryName="{record.category}"><SubjectData SubjectKey="{one.key}" '
            f'mdsol:SubjectKeyType="SubjectUUID" mdsol:SubjectName={quoteattr(one.number)}{status}>'
            f"<SiteRef LocationOID={quoteattr(one.site)}/>{inner}</SubjectData></ClinicalData>"
        )


def _item(event: str, form: str, item: str, value: str | None, more: str = "", inside: str = "") -> str:
    said = "" if value is None else f" Value={quoteattr(value)}"
    return (
        f'<StudyEventData StudyEventOID={quoteattr(event)} StudyEventRepeatKey="1"><FormData FormOID="{form}" '
        f'FormRepeatKey="1"><ItemGroupData ItemGroupOID="{form}"><ItemData ItemOID="{item}" TransactionType="Upsert"'
        f"{said}{more}><!--audit-->{inside}</ItemData></ItemGroupData></FormData></StudyEventData>"
    )


def _order(record: _Audit) -> tuple[datetime, str, str, str, str]:
    return record.at, record.subject.number, record.category, record.status, record.inner


def _entered(day: date, chance: Random) -> datetime:
    """On the evening of the day itself: systems own their days then."""
    return datetime.combine(day, time(17, 0), UTC) + timedelta(seconds=chance.randint(0, 3000))


def _word(what: str) -> str:
    return {
        "CONSENTED": "Screening", "ELIGIBLE": "Enrolled", "SCREEN_FAILED": "Screen Failure", "TREATED": "On Study",
        "TREATMENT_ENDED": "On Study", "COMPLETED": "Completed", "WITHDRAWN": "Discontinued",
        "LOST": "Lost to Follow-Up",
    }[what]  # fmt: skip
