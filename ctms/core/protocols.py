"""What upper floors fill in, so that `core` imports nobody: dotted paths in settings, typed here, resolved once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from ctms.core.refusals import Refusal


class Authority(Protocol):
    """Who may do what. `settings.CTMS_AUTHORITY`."""

    def may(self, user: Any, verb: str, record: Any) -> bool:
        """Whether a role that the user holds at the record's scope, or above it, includes the verb."""

    def why_not(self, user: Any, verb: str, record: Any) -> Refusal | None:
        """What to say where a role of the user would allow it and does not count yet; None where none would."""

    def visible(self, records: Any, user: Any, inside: Any = None) -> Any:
        """The rows of this queryset that the user may see; `inside`: the scope in which all of them are."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened with a person's account."""

    at: datetime
    what: str
    text: str = ""
    who: str = ""
    why: str = ""


class Journal(Protocol):
    """Where happenings are kept that change no record: sign-ins, exports, refused attempts. `settings.CTMS_JOURNAL`."""

    def record(self, kind: str, *, user: Any = None, subject: str = "", detail: dict[str, Any] | None = None) -> None:
        """Adds one happening, in the open transaction."""

    def of(self, user: Any, *, limit: int) -> Iterable[Happening]:
        """The newest of what one person did or was refused, for the open sponsor."""


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a person is shown before they sign: the whole content, in words, and what the signature will say."""

    nonce: str  # goes back with the signature; good once, for five minutes
    content: Mapping[str, Any]
    changes: tuple[Any, ...]  # since the last signature of this record: `ctms.core.signables.Difference`
    sha256: str
    meanings: tuple[tuple[str, str], ...]  # code -> words, one is chosen
    statement: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """That a person, a moment ago, proved who they are in order to sign. Made by `Signer.prove` alone."""

    nonce: str
    meaning: str
    user_id: int
    session: str  # digest of the session it was given in
    method: str
    at: datetime
    good_until: float  # by the process's own clock, which no simulated day moves


class Signer(Protocol):
    """Electronic signatures. `settings.CTMS_SIGNER`."""

    def needs_code(self, by: Any) -> bool:
        """Whether this person has to give a one-time code besides the password."""

    def begin(self, record: Any, *, kind: str, by: Any, session: str, at: datetime) -> Ceremony:
        """Begins a signature of this record as it is now, for this person in this session."""

    def prove(
        self, *, nonce: str, meaning: str, password: str, code: str, by: Any, session: str, at: datetime
    ) -> Proof:
        """Checks the secret. Outside any service: a failed attempt has to stay on record when a service is undone."""

    def sign(self, record: Any, *, kind: str, verb: str, by: Any, proof: Proof | None, comment: str) -> Any:
        """Signs the record, locked by the caller, if it is what the person was shown; or refuses."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a page that several rooms fill."""

    label: str
    name: str  # of its address
    url: str


class SiteTab(Protocol):
    """One entry of `settings.SITE_TABS`: the tab it adds to a site's page, or None if this person has no use for it."""

    def __call__(self, site: Any, user: Any) -> Tab | None: ...


@dataclass(frozen=True, slots=True)
class Hit:
    """Something a search found."""

    label: str
    sub: str
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class SiteFact:
    """Something the system knows of a site, for the report of a visit there."""

    label: str
    value: str
    source: str
    as_of: str  # a day or an instant, in words


class TripReportFacts(Protocol):
    """One entry of `settings.TRIP_REPORT_FACTS`: what a room knows of a site. Nothing about one subject."""

    def __call__(self, site: Any, at: datetime) -> Iterable[SiteFact]: ...


class EvidenceOwner(Protocol):
    """One entry of `settings.EVIDENCE_OWNERS`: why nobody records this fact by hand at this site, or None."""

    def __call__(self, site: Any, code: str) -> str | None: ...


class Search(Protocol):
    """One entry of `settings.SEARCHES`: what a room finds for these words, best first, at most `limit`."""

    def __call__(self, words: str, *, sponsor: Any, user: Any, limit: int) -> Iterable[Hit]: ...


class Outbox(Protocol):
    """Where work waits that is done after the commit. `settings.CTMS_OUTBOX`."""

    def add(self, task: str, arguments: dict[str, Any]) -> None:
        """Adds a task, named by its dotted path, for the open sponsor, in the open transaction."""


@dataclass(frozen=True, slots=True)
class ResultFile:
    """What a job made for its owner to download."""

    name: str
    content_type: str
    body: bytes


class Progress(Protocol):
    """How a job tells how far it is. Seen at once by whoever looks, while the job's own changes wait for its end."""

    def __call__(self, done: int, of: int, sentence: str = "") -> None:
        """`done` of `of` parts are done; raises where the owner no longer wants the job, to end it."""


class JobBody(Protocol):
    """What a job does; `settings.JOBS` names one for each kind.

    Runs in one transaction with the job's end, as its owner, for whom it asks `visible_to`. A Refusal ends the job with
    the refusal's sentence; any other error undoes it and has it tried again.
    """

    def __call__(self, progress: Progress, *, arguments: dict[str, Any], by: Any) -> ResultFile | None: ...


@dataclass(frozen=True, slots=True)
class WorkItem:
    """Something on a person's list of work."""

    title: str
    sub: str
    url: str
    due_on: date | None
    kind: str  # the heading it stands under
    signs: bool = False  # it asks for this person's signature
    of: int = 0  # so many of its kind there are in all, where only the most pressing are told
    whole: tuple[str, str] | None = None  # then: the list with the others, its words and its address


class WorkItems(Protocol):
    """One entry of `settings.WORK_ITEMS` or `settings.APPROVALS`: what waits for this person at the open sponsor, most
    pressing first.
    """

    def __call__(self, user: Any, sponsor: Any, at: datetime) -> Iterable[WorkItem]: ...


@dataclass(frozen=True, slots=True)
class DigestPart:
    """A heading of a digest mail and its lines. Nothing about subjects."""

    heading: str
    lines: list[str]


class DigestParts(Protocol):
    """One entry of `settings.DIGEST_PARTS`: what happened since then that this person may see and cares for."""

    def __call__(self, user: Any, sponsor: Any, since: datetime, at: datetime) -> Iterable[DigestPart]: ...


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day in a person's calendar. Nothing about subjects."""

    key: str  # the same for the same thing, so that calendars follow when its day changes
    on: date
    title: str
    text: str
    url: str


class CalendarDays(Protocol):
    """One entry of `settings.CALENDAR_DAYS`: the planned days that concern this person at the open sponsor."""

    def __call__(self, user: Any, sponsor: Any, at: datetime) -> Iterable[CalendarDay]: ...


LEFT = ""  # instead of a milestone's code: the place takes no further part, and its open milestones are not expected


@dataclass(frozen=True, slots=True)
class MilestoneFact:
    """That a place of the scope tree reached a milestone, says a room; or when it will, as its work stands."""

    scope_id: int
    code: str  # as in ctms.milestones.catalog, or LEFT
    on: date
    source: str  # what says so, in words
    system: str = "CTMS"  # whose record it is
    is_forecast: bool = False


class MilestoneFacts(Protocol):
    """One entry of `settings.MILESTONE_FACTS`: the milestones of a study that a room knows to be reached, or
    works towards.

    In a fixed number of statements, however many places there are. Where two rooms know the same milestone, the one
    that stands first in the settings is believed.
    """

    def __call__(self, study: Any) -> Iterable[MilestoneFact]: ...


def milestone_facts() -> list[MilestoneFacts]:
    return [import_string(path) for path in settings.MILESTONE_FACTS]


def work_items() -> list[WorkItems]:
    return [import_string(path) for path in (*settings.APPROVALS, *settings.WORK_ITEMS)]


def approvals() -> list[WorkItems]:
    """Those that ask for decisions and signatures: `settings.APPROVALS`."""
    return [import_string(path) for path in settings.APPROVALS]


def digest_parts() -> list[DigestParts]:
    return [import_string(path) for path in settings.DIGEST_PARTS]


def calendar_days() -> list[CalendarDays]:
    return [import_string(path) for path in settings.CALENDAR_DAYS]


def job_body(kind: str) -> JobBody:
    return cast(JobBody, import_string(settings.JOBS[kind]))


def outbox() -> Outbox:
    return cast(Outbox, _filled_in("CTMS_OUTBOX"))


def site_tabs() -> list[SiteTab]:
    return [import_string(path) for path in settings.SITE_TABS]


def trip_report_facts() -> list[TripReportFacts]:
    return [import_string(path) for path in settings.TRIP_REPORT_FACTS]


def evidence_owners() -> list[EvidenceOwner]:
    return [import_string(path) for path in settings.EVIDENCE_OWNERS]


def searches() -> list[Search]:
    return [import_string(path) for path in settings.SEARCHES]


def authority() -> Authority:
    return cast(Authority, _filled_in("CTMS_AUTHORITY"))


def journal() -> Journal:
    return cast(Journal, _filled_in("CTMS_JOURNAL"))


def signer() -> Signer:
    return cast(Signer, _filled_in("CTMS_SIGNER"))


@cache
def _filled_in(setting: str) -> object:
    return import_string(getattr(settings, setting))()
