"""What a protocol file says about the visit schedule of a study."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from .findings import Finding

Relation = Literal["BEFORE", "AFTER", "ANCHOR"]


@dataclass(frozen=True, slots=True)
class Epoch:
    """A period of the study: screening, treatment, follow-up. Source: studyDesigns[].epochs."""

    key: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Activity:
    """Something done at contacts. Source: studyDesigns[].activities."""

    key: str
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What the protocol calls a visit; one or more contacts take place under it. Source: studyDesigns[].encounters."""

    key: str
    order: int  # from 1, by first use on the main timeline
    name: str
    label: str
    epoch: str | None  # label of the epoch of its first contact
    contact_modes: tuple[str, ...]  # "In Person", "Telephone Call", ...


@dataclass(frozen=True, slots=True)
class Repeat:
    """A stretch of contacts the schedule may go through again."""

    first_key: str  # the contact it goes back to
    last_key: str  # the contact after which it goes back
    every: timedelta | None  # from one pass to the next, where the days are known
    condition: str | None  # when it goes back, in the words of the file


@dataclass(frozen=True, slots=True)
class Contact:
    """One planned contact with a subject: a scheduled activity instance on the main timeline."""

    key: str
    order: int  # from 1, along the timeline
    name: str
    label: str
    visit_key: str | None
    epoch: str | None  # label of the epoch
    activity_keys: tuple[str, ...]
    contact_modes: tuple[str, ...]  # of its visit; several contacts of one visit share them
    anchor_key: str | None  # the contact it is measured from; None for the anchor, and where a decision takes its place
    relation: Relation | None
    offset: timedelta | None  # from the anchor: negative before it, positive after it
    offset_iso: str | None  # the duration as authored: "P2W"
    day_offset: timedelta | None  # from day 0; None when no day can be told, which never means day 0
    window_before: timedelta | None  # how much earlier is allowed; zero is not the same as unknown
    window_after: timedelta | None  # how much later is allowed
    window_label: str | None
    repeat: Repeat | None


@dataclass(frozen=True, slots=True)
class PlannedEnrollment:
    """How many participants are planned; lower equals upper where the protocol gives one number."""

    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class ProtocolSchedule:
    """The schedule of activities on the main timeline of a CDISC USDM file, with who the study is."""

    source_study: str | None  # the sponsor's protocol number
    nct_id: str | None
    usdm_version: str | None
    protocol_version: str | None  # of the study version read
    title: str | None
    planned_enrollment: PlannedEnrollment | None
    epochs: tuple[Epoch, ...]
    visits: tuple[Visit, ...]
    contacts: tuple[Contact, ...]
    activities: tuple[Activity, ...]  # all of the design, in its order; not every one is on the main timeline
    payload_sha256: str  # of the file's canonical JSON
    findings: tuple[Finding, ...]
