"""Reading one resource of one connection: walk, lay out, compare, take, count. One reader at a time.

The walk is made outside any transaction, each reply kept in one of its own; what it brought is taken in a single one,
cursor and counts included. A worker that dies in between leaves a run that the next one closes and reads again.
"""

import logging
import traceback
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models.functions import Length

from ctms.core.acting import Channel, Service, acting
from ctms.integrations import formats
from ctms.integrations.models import (
    Connection,
    ConnectionStatus,
    FeedCursor,
    FeedItem,
    FeedPayload,
    FeedRun,
    ItemStatus,
    MappingStatus,
    MappingVersion,
    RunStatus,
    Secret,
)
from ctms.integrations.ports import Adapter, FeedFailed, Page, Resource, encoded, receiver
from ctms.integrations.services import accounting
from ctms.integrations.staging import Outcome, Stage

log = logging.getLogger(__name__)

LARGEST_DROP = 0.2
_HANDFUL = 16_000_000  # bytes
_LOCK = 0x46454544  # class of our advisory locks
_BASIS = ""  # the "resource" of a cursor that remembers what records were last worked out from
_REST = timedelta(minutes=5)
_LONGEST_REST = timedelta(hours=6)
_FAILURES_BEFORE_REST = 3


class Busy(Exception):
    """Somebody else reads this connection just now."""


def read_connection(
    connection: Connection, *, now: Callable[[], datetime], adapter: Adapter | None = None, **options: Any
) -> list[FeedRun]:
    """Reads every resource of a live connection that is not resting; outside of any transaction but a test's.

    Raises:
        Busy: another worker reads it.
    """
    runs = []
    with _alone(connection.pk):
        mapping = _mapping(connection)
        with acting(
            _service(connection), reason="Following mapping, systems of record and schedule", channel=Channel.FEED
        ):
            _follow_basis(connection)
        for resource in formats.resources_of(connection):
            with acting(_service(connection), reason=f"Feed: {resource.label.lower()}", channel=Channel.FEED):
                run = _read(connection, mapping, resource, now, adapter, options)
            if run is None:
                continue
            runs.append(run)
            if run.status == RunStatus.QUARANTINED:
                break
    if any(run.applied or run.gone for run in runs):
        why = "Comparing EDC, IRT and CTMS"
        with transaction.atomic(), acting(Service("Reconciliation"), reason=why, channel=Channel.FEED):
            receiver().settle(connection, now())
    return runs


def _read(
    connection: Connection, mapping: MappingVersion | None, resource: Resource, now: Callable[[], datetime],
    adapter: Adapter | None, options: dict[str, Any],
) -> FeedRun | None:  # fmt: skip
    with transaction.atomic():
        connection.refresh_from_db()
        if connection.status != ConnectionStatus.LIVE or mapping is None:
            return None
        cursor, _ = FeedCursor.objects.get_or_create(
            sponsor_id=connection.sponsor_id, connection=connection, resource=resource.name
        )
        if cursor.needs_person or (cursor.rests_until is not None and cursor.rests_until > now()):
            return None
        _close_orphans(connection, resource, now())
        run = FeedRun.objects.create(
            sponsor_id=connection.sponsor_id, connection=connection, mapping=mapping, resource=resource.name,
            started_at=now(), cursor_before=cursor.cursor,
        )  # fmt: skip
    try:
        adapter = adapter or formats.adapter_for(connection, mapping.content, **options)
        walk = _Walk(connection, run, resource)
        for page in adapter.pull(resource.name, _overlapped(cursor.cursor, resource)):
            walk.keep(page, now())
            if walk.treatment_fields:
                return _quarantine(run, connection, walk, _treatment_words(walk.treatment_fields), now())
        return _take(run, connection, mapping, resource, walk, now())
    except FeedFailed as failed:
        return _fail(run, cursor, failed, now())
    except Exception as error:  # noqa: BLE001 - whatever it is, the run ends in a sentence, and the feed in a rest
        # Without its message, which may repeat what the other system said.
        kind, where = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
        log.error("%s, %s: %s\n%s", connection, resource.name, kind, where)
        said = f"Reading it failed here ({kind}); the server's log says where."
        return _fail(run, cursor, FeedFailed(said, worth_retrying=True), now())


def _follow_basis(connection: Connection) -> None:
    """Works out the study's records anew where a mapping, a system of record or the schedule changed since."""
    with transaction.atomic():
        cursor, _ = FeedCursor.objects.select_for_update().get_or_create(
            sponsor_id=connection.sponsor_id, connection=connection, resource=_BASIS
        )
        basis = receiver().basis(connection)
        if cursor.cursor != basis:
            with database.cursor() as sql:
                receiver().apply_all(sql, connection)
            cursor.cursor = basis
            cursor.save(update_fields=["cursor"])


class _Walk:
    """The replies of one run, kept as they come."""

    def __init__(self, connection: Connection, run: FeedRun, resource: Resource) -> None:
        self.connection, self.run, self.resource = connection, run, resource
        self.position = self.received = self.unusable = 0
        self.newest_version = 0
        self.as_of: datetime | None = None
        self.treatment_fields: tuple[str, ...] = ()

    def keep(self, page: Page, at: datetime) -> None:
        self.received += len(page.facts) + len(page.unusable)
        self.unusable += len(page.unusable)
        self.as_of = max(filter(None, (self.as_of, page.as_of)))
        if page.facts:
            self.newest_version = max(self.newest_version, *(fact.version for fact in page.facts))
        if self.connection.is_blinded and page.treatment_fields:
            self.treatment_fields = page.treatment_fields
            return
        self.position += 1
        with transaction.atomic():
            FeedPayload.objects.create(
                sponsor_id=self.run.sponsor_id, run=self.run, position=self.position, source_as_of=page.as_of,
                retrieved_at=at, sha256=page.sha256, size=page.size, content=zlib.compress(encoded(page.facts), 1),
                count=len(page.facts), unusable=[[one.where, one.reason] for one in page.unusable],
            )  # fmt: skip


def _take(
    run: FeedRun, connection: Connection, mapping: MappingVersion, resource: Resource, walk: _Walk, at: datetime
) -> FeedRun:
    with transaction.atomic():
        connection = Connection.objects.select_for_update(of=("self",)).get(pk=connection.pk)
        cursor = FeedCursor.objects.select_for_update().get(connection=connection, resource=resource.name)
        if connection.status != ConnectionStatus.LIVE:
            raise FeedFailed("The connection was paused meanwhile.", worth_retrying=True)
        if resource.is_snapshot and cursor.source_as_of and walk.as_of and walk.as_of < cursor.source_as_of:
            return _overtaken(run, walk, at)
        with database.cursor() as sql:
            stage = Stage(sql, connection, run, mapping.content)
            stage.lay_out(_contents(run))
            stage.compare(is_whole=resource.is_snapshot)
            missing = stage.share_missing() if resource.is_snapshot else 0.0
            if missing > LARGEST_DROP and not cursor.drop_accepted:
                sentence = f"{missing:.0%} of what it had before are missing now: a person has to confirm that."
                return _quarantine(run, connection, walk, sentence, at)
            items = FeedItem.objects.filter(
                connection=connection, resource=resource.name, status=ItemStatus.PENDING
            ).order_by("pk")
            stage.lay_out_again(items.values_list("pk", "fact"))
            stage.judge(at)
            stage.take()
            gone = stage.forget_missing(at) if resource.is_snapshot else 0
            accounting.settle([(item, "OVERTAKEN", None) for item in stage.recognise()])
            aside = stage.put_aside()
            outcome = stage.outcome(aside)
            accounting.keep(run, connection, aside, at)
        _count(run, outcome, accounting.keep_unreadable(run, connection, at) if walk.unusable else 0)
        run.status, run.is_complete, run.gone, run.ended_at = RunStatus.DONE, True, gone, at
        run.source_as_of = walk.as_of
        run.cursor_after = cursor.cursor = _next_cursor(cursor.cursor, resource, walk)
        run.sentence = ""
        run.save()
        cursor.source_as_of = max(filter(None, (walk.as_of, cursor.source_as_of)), default=None)
        cursor.succeeded_at = cursor.tried_at = at
        cursor.failures, cursor.rests_until, cursor.sentence = 0, None, ""
        cursor.drop_accepted = cursor.needs_person = False
        cursor.save()
    return run


def _contents(run: FeedRun) -> Iterator[list[bytes]]:
    """What was kept of each reply, in order, by handfuls: none can be asked for while others are being copied."""
    replies = run.payloads.order_by("position")
    handful, size = [], 0
    for key, length in list(replies.values_list("pk", Length("content"))):
        handful.append(key)
        size += length
        if size >= _HANDFUL:
            yield [bytes(one) for one in replies.filter(pk__in=handful).values_list("content", flat=True)]
            handful, size = [], 0
    if handful:
        yield [bytes(one) for one in replies.filter(pk__in=handful).values_list("content", flat=True)]


def _count(run: FeedRun, outcome: Outcome, unreadable: int) -> None:
    run.received = outcome.received + unreadable
    run.applied, run.unchanged = outcome.applied, outcome.unchanged
    run.refused, run.pending = outcome.refused + unreadable, outcome.pending


def _overtaken(run: FeedRun, walk: _Walk, at: datetime) -> FeedRun:
    """An older picture than the one we have: nothing of it is taken."""
    run.status, run.is_complete, run.ended_at, run.source_as_of = RunStatus.DONE, True, at, walk.as_of
    run.received = walk.received
    run.refused = sum(len(unusable) for unusable in run.payloads.values_list("unusable", flat=True))
    run.unchanged = run.received - run.refused
    run.sentence = "It is older than what was read before, so nothing of it was taken."
    run.save()
    return run


def _quarantine(run: FeedRun, connection: Connection, walk: _Walk, sentence: str, at: datetime) -> FeedRun:
    """Takes nothing of the delivery, keeps nothing of it but its hashes, and holds the connection."""
    with transaction.atomic():
        run.payloads.update(content=zlib.compress(b""), count=0)
        run.status, run.ended_at, run.sentence, run.source_as_of = RunStatus.QUARANTINED, at, sentence, walk.as_of
        run.received = run.refused = walk.received
        run.save()
        Connection.objects.filter(pk=connection.pk).update(status=ConnectionStatus.QUARANTINED, status_words=sentence)
    log.warning("%s: a delivery is quarantined", connection)
    return run


def _fail(run: FeedRun, before: FeedCursor, failed: FeedFailed, at: datetime) -> FeedRun:
    """Nothing is taken; after some failures in a row the resource is given a rest, longer each time.

    Not where somebody gave new credentials or ended the rest meanwhile: it is tried again, as they asked for.
    """
    with transaction.atomic():
        run.payloads.all().delete()
        run.status, run.ended_at, run.sentence = RunStatus.FAILED, at, failed.message
        run.save(update_fields=["status", "ended_at", "sentence"])
        cursor = FeedCursor.objects.select_for_update().get(pk=before.pk)
        cursor.failures += 1
        cursor.tried_at, cursor.sentence = at, failed.message
        is_released = before.rests_until is not None and cursor.rests_until is None
        fresh = Secret.objects.filter(connection=run.connection_id, set_at__gt=run.started_at)
        if not is_released and not fresh.exists():
            cursor.needs_person = not failed.worth_retrying
            if cursor.failures >= _FAILURES_BEFORE_REST and failed.worth_retrying:
                steps = cursor.failures - _FAILURES_BEFORE_REST
                cursor.rests_until = at + min(_REST * 2 ** min(steps, 10), _LONGEST_REST)
        cursor.save(update_fields=["failures", "tried_at", "sentence", "needs_person", "rests_until"])
    log.warning("%s, %s: %s", run.connection, run.resource, failed.message)
    return run


def _close_orphans(connection: Connection, resource: Resource, at: datetime) -> None:
    """Runs whose worker died: we hold the lock, so nobody works on them."""
    orphans = FeedRun.objects.filter(connection=connection, resource=resource.name, status=RunStatus.RUNNING)
    FeedPayload.objects.filter(run__in=orphans).delete()
    orphans.update(
        status=RunStatus.FAILED,
        ended_at=at,
        sentence="The worker ended before the run did: the next one reads it again.",
    )


def _overlapped(cursor: str, resource: Resource) -> str:
    """Where to begin reading: audit numbers some way back. Cursors that are times are taken back by their adapter."""
    return str(max(1, int(cursor) - resource.overlap)) if cursor.isdigit() else cursor


def _next_cursor(cursor: str, resource: Resource, walk: _Walk) -> str:
    if resource.is_snapshot:
        return ""
    if resource.name == "audits":
        return str(max(int(cursor or 1), walk.newest_version + 1)) if walk.newest_version else cursor
    return max(filter(None, (cursor, walk.as_of.isoformat() if walk.as_of and walk.received else "")), default="")


def _mapping(connection: Connection) -> MappingVersion | None:
    with transaction.atomic():
        return MappingVersion.objects.filter(connection=connection, status=MappingStatus.APPROVED).first()


def _treatment_words(names: tuple[str, ...]) -> str:
    listed = ", ".join(f"“{name}”" for name in names[:5])
    return f"The delivery has {listed}, which a blinded feed must not carry. Nothing of it was taken or kept."


def _service(connection: Connection) -> Service:
    return Service(f"Feed from {connection.name}")


@contextmanager
def _alone(connection_id: int) -> Iterator[None]:
    """Holds the advisory lock of a connection for this database session; it goes with the session, if that dies."""
    with transaction.atomic(), database.cursor() as sql:
        sql.execute("select pg_try_advisory_lock(%s, %s)", [_LOCK, connection_id % 2**31])
        if not sql.fetchone()[0]:
            raise Busy
    try:
        yield
    finally:
        if database.connection is not None and database.is_usable():
            with transaction.atomic(), database.cursor() as sql:
                sql.execute("select pg_advisory_unlock(%s, %s)", [_LOCK, connection_id % 2**31])
