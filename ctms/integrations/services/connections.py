"""Connections, their credentials and their mappings; who is master of what; replaying what could not be taken."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max, QuerySet

from ctms.accounts.models import Scope, User
from ctms.core import protocols
from ctms.core.acting import says_why
from ctms.core.lifecycle import Request
from ctms.core.permission import demand
from ctms.core.protocols import Proof
from ctms.core.refusals import BadInput, Refusal
from ctms.core.use_case import use_case
from ctms.integrations import ports, secrets
from ctms.integrations.lifecycle import CONNECTION, MAPPING
from ctms.integrations.models import (
    Connection,
    FeedCursor,
    FeedItem,
    Format,
    ItemStatus,
    MappingStatus,
    MappingVersion,
    Secret,
    SystemOfRecord,
)
from ctms.integrations.registry import RULES, Domain, Kind
from ctms.integrations.services import accounting

_HERE = ("localhost", "127.0.0.1", "::1")


@use_case
def add_connection(
    *, scope: Scope, name: str, format: str, base_url: str, source_study: str, is_blinded: bool, by: User
) -> Connection:
    """Adds a way to another system, with a first mapping to be looked through. Nothing is read yet.

    Args:
        scope: of the study.
    """
    _demand(by, "integrations.edit_connection", scope, "connecting other systems")
    _refuse_address(base_url)
    connection = Connection(
        sponsor_id=scope.sponsor_id, scope=scope, name=name.strip(), format=format, base_url=base_url.strip(),
        source_study=source_study.strip(), is_blinded=is_blinded,
    )  # fmt: skip
    connection.full_clean()
    connection.save(force_insert=True)
    MappingVersion.objects.create(
        sponsor_id=scope.sponsor_id, connection=connection, number=1,
        content=ports.receiver().proposal(Format(format)),
    )  # fmt: skip
    return connection


@use_case
def set_credentials(*, connection: Connection, credentials: Mapping[str, str], by: User, at: datetime) -> None:
    """Seals what opens the other system. The change is on record, what was set is not; resting resources go on."""
    _demand(by, "integrations.edit_connection", connection, "connecting other systems")
    if not any(credentials.values()):
        sentence = "Give a user and password, or a token."
        raise BadInput("CREDENTIALS", sentence, fields={"password": sentence})
    Secret.objects.update_or_create(
        connection=connection, defaults={"content": secrets.sealed(credentials), "set_at": at},
        create_defaults={"content": secrets.sealed(credentials), "set_at": at, "sponsor_id": connection.sponsor_id},
    )  # fmt: skip
    FeedCursor.objects.filter(connection=connection).update(needs_person=False, rests_until=None)
    protocols.journal().record("CREDENTIALS_SET", user=by, subject=f"Connection {connection}")


@use_case
def move_address(*, connection: Connection, base_url: str, by: User | None = None) -> Connection:
    """Says that the other system is reached elsewhere now. Another machine is not sent the credentials of this one:
    they are forgotten, and asked for anew.

    Args:
        by: who says so; None for the system's own set-up commands.
    """
    if by is not None:
        _demand(by, "integrations.edit_connection", connection, "connecting other systems")
    _refuse_address(base_url)
    connection = Connection.objects.locked(connection.pk)
    if urlsplit(base_url).hostname != urlsplit(connection.base_url).hostname:
        Secret.objects.filter(connection=connection).delete()
    connection.base_url = base_url
    connection.full_clean()
    connection.save(update_fields=["base_url"])
    return connection


@use_case
def draft_mapping(*, connection: Connection, content: Mapping[str, Any], by: User) -> MappingVersion:
    """A new version of what the other system's words mean; in force once it is approved."""
    _demand(by, "integrations.edit_connection", connection, "connecting other systems")
    connection = Connection.objects.locked(connection.pk)
    if objections := ports.receiver().objections(content):
        raise BadInput("MAPPING", " ".join(objections))
    latest = connection.mappings.order_by("-number").first()
    if latest is not None and latest.content == dict(content):
        raise BadInput("NO_CHANGE", "This says just what the latest version says.")
    if latest is not None and latest.status == MappingStatus.DRAFT:
        latest.content = dict(content)
        latest.save(update_fields=["content"])
        return latest
    number = (connection.mappings.aggregate(latest=Max("number"))["latest"] or 0) + 1
    return MappingVersion.objects.create(
        sponsor_id=connection.sponsor_id, connection=connection, number=number, content=dict(content)
    )


@use_case
def move_mapping(*, mapping: MappingVersion, move: str, reason: str, by: User, proof: Proof | None) -> MappingVersion:
    """Makes a move of a mapping. Approving one supersedes the one before; what was read is not read again for it."""
    Connection.objects.locked(mapping.connection_id)  # two versions approved at once wait for each other here
    mapping = MappingVersion.objects.select_related("connection__scope").locked(mapping.pk)
    MAPPING.advance(mapping, move, Request(by, reason=reason, proof=proof))
    if mapping.status == MappingStatus.APPROVED:
        earlier = MappingVersion.objects.filter(connection=mapping.connection_id, status=MappingStatus.APPROVED)
        earlier.update(status=MappingStatus.SUPERSEDED)
    mapping.save(update_fields=["status"])
    return mapping


@use_case
def move_connection(*, connection: Connection, move: str, reason: str, by: User) -> Connection:
    """Makes a move of a connection. Whatever lets it read again also ends its rest."""
    connection = Connection.objects.select_related("scope").locked(connection.pk)
    made = CONNECTION.advance(connection, move, Request(by, reason=reason))
    connection.status_words = ""
    connection.save(update_fields=["status", "status_words"])
    cursors = FeedCursor.objects.filter(connection=connection)
    cursors.update(needs_person=False, rests_until=None, drop_accepted=made.name == "accept_drop")
    return connection


@use_case
def read_soon(*, connection: Connection, by: User) -> None:
    """Ends the rest of a connection that failed, so that it is read at the next turn."""
    _demand(by, "integrations.edit_connection", connection, "connecting other systems")
    FeedCursor.objects.filter(connection=connection).update(needs_person=False, rests_until=None)


def replayable(connection: Connection) -> QuerySet[FeedItem]:
    """What was refused or put aside for good, and is kept so that it can be tried again."""
    items = FeedItem.objects.filter(connection=connection, status__in=(ItemStatus.DEAD, ItemStatus.REFUSED))
    return items.exclude(fact="")


@use_case
def replay_items(*, connection: Connection, items: list[int] | None = None, reason: str, by: User) -> int:
    """Has refused facts and dead letters tried again at the next run; gives how many.

    Args:
        items: which; None for all that the connection has.

    Raises:
        BadInput: no reason.
        Refusal: there is nothing to replay.
    """
    _demand(by, "integrations.replay_item", connection, "replaying what a feed could not take")
    if not says_why(reason):
        raise BadInput("REASON", "Say why.", fields={"reason": "Say what was put right."})
    waiting = replayable(connection)
    if items is not None:
        waiting = waiting.filter(pk__in=items)
    keys = list(waiting.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    if not keys:
        raise Refusal("NOTHING_TO_REPLAY", "There is nothing here that can be replayed.")
    accounting.replay(keys)
    FeedCursor.objects.filter(connection=connection).update(rests_until=None)
    return len(keys)


@use_case
def declare_master(*, scope: Scope, domain: str, master: str, reason: str, by: User) -> SystemOfRecord:
    """Declares which kind of system is master of a domain in a study. What is written from then on follows it."""
    _demand(by, "integrations.edit_registry", scope, "declaring systems of record")
    if domain not in Domain.values or master not in RULES[Domain(domain)].choices:
        sentence = "This system cannot be the master of that."
        raise BadInput("MASTER", sentence, fields={"master": sentence})
    row = SystemOfRecord.objects.select_for_update(of=("self",)).filter(scope=scope, domain=domain).first()
    if row is None:
        return SystemOfRecord.objects.create(
            sponsor_id=scope.sponsor_id, scope=scope, domain=Domain(domain), master=Kind(master)
        )
    row.master = Kind(master)
    row.save(update_fields=["master"])
    return row


def _demand(by: User, verb: str, record: Any, doing: str) -> None:
    demand(by=by, verb=verb, record=record, code="MAY_NOT", sentence=f"Your roles do not include {doing}.")


def _refuse_address(base_url: str) -> None:
    """Credentials cross a network encrypted, or not at all; and production speaks to no simulator."""
    said = urlsplit(base_url.strip())
    if "@" in said.netloc or said.query:
        sentence = "Leave credentials out of the address: everybody who may see the connection reads it."
        raise BadInput("ADDRESS", sentence, fields={"base_url": sentence})
    if said.scheme == "http" and (said.hostname not in _HERE or settings.PRODUCTION):
        sentence = "Use https: credentials would be sent in the clear."
        raise BadInput("ADDRESS", sentence, fields={"base_url": sentence})
