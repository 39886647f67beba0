"""What every adapter ends in, whatever it speaks: facts, in pages; and what upper floors fill in (`FEED_RECEIVER`).

A fact is the minimum a CTMS needs of what another system says: which subject of which site, what, on which day, as of
which of the source's own versions. It has no place for a value, a narrative, a name or a treatment.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


class What(StrEnum):
    """What facts are about. Kept with each fact; rooms make of it what they know."""

    SITE = "SITE"  # a site is known there; state: ACTIVE, INACTIVE
    SUBJECT = "SUBJECT"  # a subject is known there
    STATUS = "STATUS"  # a subject's status, in the source's own word
    DAY = "DAY"  # the day of something in a subject's course; event: by which name the source has it
    VISIT = "VISIT"  # the day a visit took place
    FORM = "FORM"  # something was entered in a form of a visit
    VERIFIED = "VERIFIED"  # a form's data were compared with the source; state: YES, NO
    QUERY = "QUERY"  # state: OPEN, ANSWERED, CLOSED
    CORRECTION = "CORRECTION"  # another fact, `ref`, happened on another day, or (state VOID) not at all
    DOCUMENT = "DOCUMENT"  # a document's status; event: which artifact it is; ref: its version


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a system says. All texts as the source has them; what they mean says the connection's mapping.

    Args:
        key: what the source itself tells it apart by, within the resource.
        version: which of two sayings with the same key is newer: an audit number, or microseconds since 1970. 0 in a
            snapshot, of which the newer one holds as a whole.
        as_of: when the source knew it.
        day: ISO day; "" where the fact has none.
    """

    key: str
    what: str
    version: int
    as_of: datetime
    place: str = ""
    subject: str = ""
    event: str = ""
    state: str = ""
    day: str = ""
    ref: str = ""


COLUMNS = tuple(field.name for field in fields(Fact))


@dataclass(frozen=True, slots=True)
class Unusable:
    """A record of which not even the key can be read: where it stood, and why. Nothing of what it said."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """One reply, read.

    Args:
        next_cursor: where to go on in this walk; "" at its end.
        as_of: the source's own time of the reply.
        treatment_fields: names of fields that say, or let guess, who gets what.
        sha256, size: of the bytes as received.
    """

    facts: tuple[Fact, ...]
    as_of: datetime
    sha256: str
    size: int
    next_cursor: str = ""
    unusable: tuple[Unusable, ...] = ()
    treatment_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that can be read from a kind of system.

    Args:
        is_snapshot: each complete walk tells everything there is, so what is missing in it is gone.
        overlap: how much is read again each time, in the cursor's own unit, because sources date back.
    """

    name: str
    label: str
    is_snapshot: bool
    overlap: int = 0


@dataclass(frozen=True, slots=True)
class Probe:
    """What a first look at a system found."""

    version: str
    studies: tuple[str, ...]


class FeedFailed(Exception):
    """A feed could not be read. One sentence, without anything of what was sent.

    Args:
        worth_retrying: whether the same request may work a little later. Wrong credentials never are: systems lock
            accounts that go on trying.
        retry_after: seconds, where the system says so.
    """

    def __init__(self, message: str, *, worth_retrying: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.worth_retrying = worth_retrying
        self.retry_after = retry_after


class Adapter(Protocol):
    """Speaks one wire format. Knows no database."""

    resources: tuple[Resource, ...]

    def probe(self) -> Probe:
        """Reaches the system, with its credentials."""

    def pull(self, resource: str, cursor: str) -> Iterator[Page]:
        """All pages from this cursor on ("" is the beginning), to the end of the walk."""


class Receiver(Protocol):
    """The room that understands what other systems say of subjects. `settings.FEED_RECEIVER`."""

    def proposal(self, format: str) -> dict[str, Any]:
        """A first mapping for a system of this format."""

    def words(self, section: str) -> Mapping[str, str]:
        """What a section of a mapping may say on our side: code -> as people read it; empty where it is free."""

    def objections(self, content: Mapping[str, Any]) -> list[str]:
        """What is wrong with a mapping, in sentences."""

    def screen(self, cursor: Any, table: str, connection: Any, content: Mapping[str, Any]) -> int:
        """Marks the rows of a temporary table of facts that cannot be taken, or not yet (`outcome`, `reason`).

        Gives how many.
        """

    def basis(self, connection: Any) -> str:
        """What the records of the connection's study follow from besides facts: mappings, masters, schedule."""

    def apply_all(self, cursor: Any, connection: Any) -> None:
        """As `apply`, for every subject; after the basis changed."""

    def apply(self, cursor: Any, connection: Any, content: Mapping[str, Any]) -> None:
        """Brings its records to what the sources say, for each subject in the temporary table `feed_changed`."""

    def settle(self, connection: Any, at: datetime) -> None:
        """Compares what several systems say; after each reading of one of them."""


@cache
def receiver() -> Receiver:
    return cast(Receiver, import_string(settings.FEED_RECEIVER)())


def micros(at: datetime) -> int:
    """An instant as a version."""
    return int(at.timestamp() * 1_000_000)


def instant(text: str, *, assumed: Any = UTC) -> datetime:
    """An ISO instant in UTC; without a zone it is taken as `assumed`. ValueError where it is none."""
    at = datetime.fromisoformat(text.strip())
    return (at if at.tzinfo else at.replace(tzinfo=assumed)).astimezone(UTC)


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": None})


def encoded(facts: Iterable[Fact]) -> bytes:
    """Facts as text for COPY, a line each, columns in the order of `COLUMNS`. What is kept of a reply is just this."""
    return "".join(map(_line, facts)).encode()


def line_of(texts: Iterable[str | None]) -> str:
    """One fact's columns as a line for COPY."""
    return "\t".join([(text or "").translate(_ESCAPES) for text in texts]) + "\n"


def _line(fact: Fact) -> str:
    texts = (fact.key, fact.what, str(fact.version), fact.as_of.isoformat(), fact.place, fact.subject, fact.event,
             fact.state, fact.day, fact.ref)  # fmt: skip
    return line_of(texts)
