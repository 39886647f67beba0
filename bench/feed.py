"""W4: a feed of many subjects from the inbox into records with their trail, against SQL by hand into the same tables.

By hand: COPY into a temporary table, one set upsert into the subjects' own table, whose triggers write history and
counts. Ours does that too, and keeps every fact as its source said it, compares, judges, and accounts for each item.
A re-feed in which nothing changed is held against a read-only join of the same COPY, and against the WAL it writes.
"""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
from django.db import connection, transaction

from bench.arms import Figure, Workload
from bench.population import at_work
from ctms.accounts.models import Sponsor
from ctms.core.acting import Channel, Service, acting, in_sponsor
from ctms.integrations.formats import resources_of
from ctms.integrations.models import Connection, FeedCursor, FeedPayload, FeedRun, MappingVersion
from ctms.integrations.ports import Fact, encoded, receiver
from ctms.integrations.services import feeding
from ctms.run import embedded, logins
from ctms.studies.models import Study
from sites.models import Site

SIZES = {"small": 100_000, "full": 1_000_000}
AT = datetime(2024, 1, 8, 12, tzinfo=UTC)
_PAGE = 10_000
_WRITTEN = ("enrollment_subject", "enrollment_historicalsubject", "enrollment_countdelta", "integrations_sourcefact",
            "enrollment_sitecount", "enrollment_subjectvisit", "enrollment_historicalsubjectvisit")  # fmt: skip
_BY_HAND = """
    insert into enrollment_subject (sponsor_id, study_id, partition, number, site_id, status, sources, source_as_of)
    select %(sponsor)s, %(study)s, 'BLINDED', s.subject, i.id, 'CONSENTED', '{}', s.as_of::timestamptz
    from by_hand s join sites_site i on i.study_id = %(study)s and i.number = s.place
    order by s.subject
    on conflict (study_id, number) do update set site_id = excluded.site_id, status = excluded.status,
        source_as_of = excluded.source_as_of"""
# What is emptied, its partitions, and what refers to it.
_AFFECTED = """
    with recursive affected as (
        select unnest(%s::regclass[]) as id
        union
        select r.id from affected a join (
            select inhparent, inhrelid from pg_inherits
            union select confrelid, conrelid from pg_constraint where contype = 'f') r (parent, id) on r.parent = a.id)
    select id::regclass::text from affected"""
_STAGE = """
    drop table if exists by_hand;
    create temporary table by_hand (key text, what text, version text, as_of text, place text, subject text, event text,
        state text, day text, ref text) on commit drop"""
_DIFF = """
    select count(*) from by_hand s full join (
        select * from integrations_sourcefact where connection_id = %s and resource = 'subjects') m on m.key = s.key
    where s.key is null or m.id is null or m.version::text <> s.version or m.what <> s.what or m.place <> s.place
        or m.subject <> s.subject or m.event <> s.event or m.state <> s.state or m.ref <> s.ref
        or coalesce(m.day::text, '') <> s.day"""


@contextmanager
def _feeding() -> Iterator[None]:
    """Inside a transaction, as a feed: nobody else writes subjects."""
    with acting(Service("Bench"), reason="Measuring", channel=Channel.FEED), transaction.atomic():
        yield


class Feed:
    """One study's subjects, as an EDC would tell of them."""

    def __init__(self, database: str, sponsor: Sponsor, size: int) -> None:
        self.sponsor, self.size = sponsor, size
        self.owner = psycopg.connect(embedded.dsn(logins.OWNER, database), autocommit=True)
        with in_sponsor(sponsor.pk), at_work():
            self.study = Study.objects.select_related("scope").order_by("pk")[0]
            self.connection = Connection.objects.create(
                sponsor=sponsor, scope=self.study.scope, name="EDC", format="RWS", base_url="https://edc.example/",
                source_study="S", status="LIVE",
            )  # fmt: skip
            self.mapping = MappingVersion.objects.create(
                sponsor=sponsor, connection=self.connection, number=1, status="APPROVED",
                content=receiver().proposal("RWS"),
            )  # fmt: skip
            FeedCursor.objects.create(sponsor=sponsor, connection=self.connection, resource="subjects")
            numbers = list(Site.objects.filter(study=self.study).values_list("number", flat=True))
        self.pages = [encoded(page) for page in self._facts(numbers)]
        self.resource = next(one for one in resources_of(self.connection) if one.name == "subjects")

    def _facts(self, numbers: list[str]) -> Iterator[list[Fact]]:
        for start in range(0, self.size, _PAGE):
            yield [
                Fact(f"{n:016X}", "SUBJECT", 0, AT, place=numbers[n % len(numbers)], subject=f"S-{n:07}")
                for n in range(start, min(start + _PAGE, self.size))
            ]

    def arrive(self) -> FeedRun:
        """Puts the replies into the inbox of a new run; untimed."""
        with in_sponsor(self.sponsor.pk), at_work():
            run = FeedRun.objects.create(
                sponsor=self.sponsor,
                connection=self.connection,
                mapping=self.mapping,
                resource="subjects",
                started_at=AT,
            )
            FeedPayload.objects.bulk_create(
                FeedPayload(
                    sponsor=self.sponsor, run=run, position=position, source_as_of=AT, retrieved_at=AT, sha256="0" * 64,
                    size=len(page), content=zlib.compress(page, 1), count=0,
                )
                for position, page in enumerate(self.pages)
            )  # fmt: skip
        return run

    def take(self, run: FeedRun) -> None:
        walk = feeding._Walk(self.connection, run, self.resource)
        walk.received, walk.as_of = self.size, AT
        with in_sponsor(self.sponsor.pk), _feeding():
            feeding._take(run, self.connection, self.mapping, self.resource, walk, AT + timedelta(hours=1))

    def by_hand(self) -> None:
        with in_sponsor(self.sponsor.pk), _feeding(), connection.cursor() as cursor:
            self._staged(cursor)
            cursor.execute(_BY_HAND, {"sponsor": self.sponsor.pk, "study": self.study.pk})

    def read_only(self) -> None:
        with in_sponsor(self.sponsor.pk), at_work(), connection.cursor() as cursor:
            self._staged(cursor)
            cursor.execute(_DIFF, [self.connection.pk])
            assert cursor.fetchone() == (0,)

    def _staged(self, cursor) -> None:
        cursor.execute(_STAGE)
        with cursor.copy("copy by_hand from stdin") as copy:
            for page in self.pages:
                copy.write(page)

    def empty(self) -> None:
        """Takes everything away again, as the owner."""
        tables = [name for (name,) in self.owner.execute(_AFFECTED, [[*_WRITTEN]])]
        for table in tables:
            self.owner.execute(f"alter table {table} disable trigger user")
        self.owner.execute(f"truncate {', '.join(tables)}")
        for table in tables:
            self.owner.execute(f"alter table {table} enable trigger user")

    def wal(self) -> int:
        return int(self.owner.execute("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()[0])


class FewRounds(Workload):
    """At most three rounds: one of them takes minutes at full size."""

    def run(self, rounds: int):
        return super().run(min(rounds, 3))


def workloads(database: str, sponsor: Sponsor, size: str) -> Iterator[Workload | Figure]:
    feed = Feed(database, sponsor, SIZES[size])
    runs: list[FeedRun] = []

    def fresh() -> None:
        feed.empty()
        runs.append(feed.arrive())

    def again() -> None:
        runs.append(feed.arrive())

    first: dict[str, Callable[[], object]] = {"the feed": lambda: feed.take(runs.pop()), "by hand": feed.by_hand}
    fresh()
    yield FewRounds(
        f"feed of {feed.size:,} subjects, first load", first, "the feed", "by hand", "by hand", 1.5, between=fresh
    )
    fresh()
    feed.take(runs.pop())
    feed.read_only()  # whoever reads rows first marks them as committed: after a checkpoint that writes their pages
    before = feed.wal()
    run = feed.arrive()
    arrived = feed.wal()
    feed.take(run)
    written = feed.wal() - arrived
    yield Figure(
        f"WAL of a re-feed of {feed.size:,} unchanged subjects, bytes a row", round(written / feed.size, 2), 1.0
    )
    assert arrived > before
    again()
    unchanged: dict[str, Callable[[], object]] = {
        "the feed": lambda: feed.take(runs.pop()), "read-only diff": feed.read_only
    }  # fmt: skip
    yield FewRounds(
        f"re-feed of {feed.size:,} unchanged subjects", unchanged, "the feed", "read-only diff", "read-only diff", 1.2,
        between=again,
    )  # fmt: skip
