"""Who acts, why and through which channel; for which sponsor; on which (simulated) day. Ambient, per thread of work.

The database writes the trail, so it has to know. What is bound here is handed to it as transaction-local settings at
the start of each outermost transaction (`ctms.core.db`), and again whenever it changes inside one. Leaving a block
restores what was bound before: a write after that, outside any act, is refused by the database.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

from django.db import connection


class Channel(StrEnum):
    """The door an act came through."""

    WEB = "web"
    API = "api"
    TASK = "task"
    COMMAND = "command"
    IMPORT = "import"
    FEED = "feed"
    MIGRATION = "migration"


class ActsAs(Protocol):
    """What can act: a user, or a named service such as the sign-in page."""

    @property
    def actor_id(self) -> int | None: ...

    @property
    def actor_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Service:
    """A part of the system that acts in its own name."""

    actor_name: str
    actor_id: None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One reasoned deed. Every history row it causes carries its id."""

    id: UUID
    actor_id: int | None
    actor_name: str
    reason: str
    channel: Channel
    by_person: bool  # the reason was given by a person for this very change, not by the act's own name


@dataclass(frozen=True, slots=True)
class Tenancy:
    """The one sponsor whose rows can be seen, and the studies whose unblinded rows can be seen too."""

    sponsor_id: int | None = None
    unblinded: tuple[int, ...] = ()


class NobodyActs(Exception):
    """Something that needs an act was called outside of one. A programming error, never a user's."""


T = TypeVar("T")
_NO_SPONSOR = Tenancy()
_act: ContextVar[Act | None] = ContextVar("act", default=None)
_tenancy: ContextVar[Tenancy] = ContextVar("tenancy", default=_NO_SPONSOR)
_now: ContextVar[datetime | None] = ContextVar("now", default=None)


@contextmanager
def acting(who: ActsAs, *, reason: str, channel: Channel | None = None, by_person: bool = False) -> Iterator[Act]:
    """Binds an act for the duration of the block.

    Args:
        who: the user or service that acts.
        reason: why; never blank. Shown in the trail beside each change.
        channel: the door; an act inside an act inherits it.
        by_person: a person typed or chosen this reason for this change.
    """
    outer = _act.get()
    if channel is None:
        channel = outer.channel if outer else Channel.COMMAND
    if not says_why(reason):
        raise ValueError("An act needs a reason.")
    act = Act(_time_ordered_id(), who.actor_id, who.actor_name, reason.strip(), channel, by_person)
    with _bound(_act, act):
        yield act


@contextmanager
def in_sponsor(sponsor_id: int, *, unblinded: tuple[int, ...] = ()) -> Iterator[None]:
    """Shows this sponsor's rows, and no others, for the duration of the block."""
    tenancy = Tenancy(sponsor_id, unblinded)
    if tenancy == _tenancy.get():  # nothing to tell the database
        yield
        return
    with _bound(_tenancy, tenancy):
        yield


@contextmanager
def on_simulated_day(now: datetime) -> Iterator[None]:
    """Sets the demo's clock for the block. The database ignores it unless its owner made it a simulated one."""
    with _bound(_now, now):
        yield


def says_why(reason: str) -> bool:
    """Whether this is a reason at all: it has a letter or a digit. The database refuses blanks and full stops."""
    return any(map(str.isalnum, reason))


def current_act() -> Act:
    """The act that is open; raises NobodyActs where none is."""
    act = _act.get()
    if act is None:
        raise NobodyActs("No act is open: wrap the call in `acting(who, reason=..., channel=...)`.")
    return act


def current_act_or_none() -> Act | None:
    """The act that is open, or None."""
    return _act.get()


def current_tenancy() -> Tenancy:
    """The sponsor whose rows can be seen."""
    return _tenancy.get()


def open_sponsor() -> int:
    """The id of the sponsor that is open; raises LookupError where none is."""
    sponsor_id = _tenancy.get().sponsor_id
    if sponsor_id is None:
        raise LookupError("No sponsor is open: wrap the call in `in_sponsor(...)`.")
    return sponsor_id


def database_settings() -> dict[str, str]:
    """What the database is told, by setting name. Empty text means: nobody, nothing."""
    act, tenancy, now = _act.get(), _tenancy.get(), _now.get()
    return {
        "ctms.act": str(act.id) if act else "",
        "ctms.actor_id": str(act.actor_id or "") if act else "",
        "ctms.actor": act.actor_name if act else "",
        "ctms.reason": act.reason if act else "",
        "ctms.by_person": "yes" if act and act.by_person else "",
        "ctms.channel": act.channel.value if act else "",
        "ctms.sponsor": str(tenancy.sponsor_id or ""),
        "ctms.unblinded": "{" + ",".join(map(str, tenancy.unblinded)) + "}",
        "ctms.now": now.isoformat() if now else "",
    }


@contextmanager
def _bound(variable: ContextVar[T], value: T) -> Iterator[None]:
    token = variable.set(value)
    try:
        _tell_open_transaction()
        yield
    finally:
        variable.reset(token)
        _tell_open_transaction()


def _tell_open_transaction() -> None:
    if connection.in_atomic_block:
        connection.tell_settings()  # type: ignore[attr-defined]


def _time_ordered_id() -> UUID:
    """A version 7 UUID: ids of later acts sort later, which keeps the trail's indexes small."""
    milliseconds = time.time_ns() // 1_000_000
    bits = milliseconds << 80 | int.from_bytes(os.urandom(10))
    bits = bits & ~(0xF << 76) | 0x7 << 76
    return UUID(int=bits & ~(0x3 << 62) | 0x2 << 62)
