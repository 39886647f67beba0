"""W8: EDC, IRT and CTMS compared, a million subjects each, against three scans of what is compared.

The floor reads the EDC's facts, the IRT's facts and our subjects once each and adds something up. Ours groups the facts
by subject, joins the three, judges every rule, and keeps what it finds as discrepancies with their trail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
from django.db import connection, transaction

from bench.arms import Workload
from bench.feed import FewRounds
from bench.population import DAY, at_work
from ctms.accounts.models import Sponsor
from ctms.core.acting import Channel, Service, acting, in_sponsor
from ctms.integrations.formats import resources_of
from ctms.integrations.models import Connection, FeedCursor, FeedRun, MappingVersion
from ctms.integrations.ports import receiver
from ctms.run import embedded, logins
from ctms.studies.models import Study
from enrollment.models import Discrepancy
from enrollment.services.reconciliation import reconcile_study
from sites.models import Site, SiteStatusEvent

SIZES = {"small": 20_000, "full": 1_000_000}
AT = datetime(2024, 3, 8, 12, tzinfo=UTC)
_EVERY = {"DAY_DIFFERS": 4001, "UNKNOWN_TO_EDC": 5003, "UNKNOWN_TO_IRT": 6007, "SITE_DIFFERS": 7001}
_FILLED = ("integrations_sourcefact", "enrollment_subject")
_FACTS = """
    insert into integrations_sourcefact (sponsor_id, connection_id, resource, key, what, version, as_of, place, subject,
        event, state, day, ref, run_id)
    select %(sponsor)s, %(connection)s, %(resource)s, %(resource)s || w.what || n, w.what, 1, %(at)s, {place},
        'S-' || lpad(n::text, 7, '0'), w.event, '', case when w.what = 'DAY' then {day} end, '', %(run)s
    from generate_series(1, %(size)s) n
    cross join (values ('SUBJECT', ''), ('DAY', %(event)s)) w (what, event)
    where n %% %(lacks)s <> 0"""
_SUBJECTS = """
    insert into enrollment_subject (sponsor_id, study_id, partition, number, site_id, status, consented_on, sources,
        source_as_of)
    select %(sponsor)s, %(study)s, 'BLINDED', 'S-' || lpad(n::text, 7, '0'), (%(sites)s::bigint[])[1 + n %% %(many)s],
        'CONSENTED', {day}, '{{}}', %(at)s
    from generate_series(1, %(size)s) n where n %% %(lacks)s <> 0"""
_SCANS = (
    "select count(*), max(as_of), max(day) from integrations_sourcefact where connection_id = %(edc)s",
    "select count(*), max(as_of), max(day) from integrations_sourcefact where connection_id = %(irt)s",
    "select count(*), max(source_as_of), max(consented_on) from enrollment_subject where study_id = %(study)s",
)


@contextmanager
def _comparing() -> Iterator[None]:
    with acting(Service("Bench"), reason="Measuring", channel=Channel.FEED), transaction.atomic():
        yield


class Three:
    """One study in three systems, with differences here and there."""

    def __init__(self, database: str, sponsor: Sponsor, size: int) -> None:
        self.sponsor, self.size = sponsor, size
        self.owner = psycopg.connect(embedded.dsn(logins.OWNER, database), autocommit=True)
        with in_sponsor(sponsor.pk), at_work():
            self.study = Study.objects.select_related("scope").order_by("pk")[1]
            self.sites = list(Site.objects.filter(study=self.study).order_by("pk"))
            SiteStatusEvent.objects.bulk_create(
                SiteStatusEvent(
                    sponsor=sponsor, study=self.study, site=site, kind="OPERATIONAL", move="activate",
                    to_status="ACTIVATED", effective_on=DAY, recorded_at=AT,
                )
                for site in self.sites
            )  # fmt: skip
            self.keys = {format: self._connect(format) for format in ("RWS", "CTMS_IRT_1")}
        self._fill()

    def _connect(self, format: str) -> tuple[int, int]:
        one = Connection.objects.create(
            sponsor=self.sponsor, scope=self.study.scope, name=format, format=format, base_url="https://edc.example/",
            source_study="S", status="LIVE",
        )  # fmt: skip
        mapping = MappingVersion.objects.create(
            sponsor=self.sponsor, connection=one, number=1, status="APPROVED", content=receiver().proposal(format)
        )
        for resource in resources_of(one):
            FeedCursor.objects.create(
                sponsor=self.sponsor, connection=one, resource=resource.name, succeeded_at=AT, source_as_of=AT
            )
        run = FeedRun.objects.create(
            sponsor=self.sponsor, connection=one, mapping=mapping, resource="bench", started_at=AT
        )
        return one.pk, run.pk

    def _fill(self) -> None:
        """As the owner, at once and with triggers off: how facts and subjects come in is measured elsewhere."""
        numbers = [site.number for site in self.sites]
        listed = "array['" + "', '".join(numbers) + "']"
        at_site = f"({listed})[1 + n % {len(numbers)}]"
        elsewhere = f"({listed})[1 + (n + (n % {_EVERY['SITE_DIFFERS']} = 0)::int) % {len(numbers)}]"
        day = f"date '{DAY}' + (n % 40)"
        other_day = f"{day} + (n % {_EVERY['DAY_DIFFERS']} = 0)::int"
        said = {"sponsor": self.sponsor.pk, "study": self.study.pk, "at": AT, "size": self.size}
        told = (
            ("RWS", "DM.ICFDT", at_site, day, "UNKNOWN_TO_EDC"),
            ("CTMS_IRT_1", "subject_screened", elsewhere, other_day, "UNKNOWN_TO_IRT"),
        )
        for table in _FILLED:
            self.owner.execute(f"alter table {table} disable trigger user")
        for format, event, place, on, lacks in told:
            key, run = self.keys[format]
            more = {"connection": key, "run": run, "resource": format, "event": event, "lacks": _EVERY[lacks]}
            self.owner.execute(_FACTS.format(place=place.replace("%", "%%"), day=on.replace("%", "%%")), said | more)
        more = {"sites": [site.pk for site in self.sites], "many": len(numbers), "lacks": _EVERY["UNKNOWN_TO_EDC"]}
        self.owner.execute(_SUBJECTS.format(day=day.replace("%", "%%")), said | more)
        for table in _FILLED:
            self.owner.execute(f"alter table {table} enable trigger user")
        self.owner.execute(f"vacuum analyze {', '.join(_FILLED)}")

    def compare(self) -> None:
        with in_sponsor(self.sponsor.pk), _comparing():
            reconcile_study(study=self.study, at=AT)

    def scan(self) -> None:
        keys = {"edc": self.keys["RWS"][0], "irt": self.keys["CTMS_IRT_1"][0], "study": self.study.pk}
        with in_sponsor(self.sponsor.pk), at_work(), connection.cursor() as cursor:
            for statement in _SCANS:
                cursor.execute(statement, keys)

    def check(self) -> None:
        """All planted differences are found, and none besides."""
        with in_sponsor(self.sponsor.pk), at_work():
            found = set(Discrepancy.objects.filter(study=self.study).values_list("difference", "number"))
        assert found == set(self._planted()), f"{len(found)} found"

    def _planted(self) -> Iterator[tuple[str, str]]:
        for n in range(1, self.size + 1):
            number = f"S-{n:07}"
            if n % _EVERY["UNKNOWN_TO_EDC"] == 0 or n % _EVERY["UNKNOWN_TO_IRT"] == 0:
                kinds = ("UNKNOWN_TO_EDC", "UNKNOWN_TO_IRT")
                missing = [kind for kind in kinds if n % _EVERY[kind] == 0]
                if len(missing) == 1:
                    yield missing[0], number
                continue
            for kind in ("DAY_DIFFERS", "SITE_DIFFERS"):
                if n % _EVERY[kind] == 0:
                    yield kind, number


def workloads(database: str, sponsor: Sponsor, size: str) -> Iterator[Workload]:
    three = Three(database, sponsor, SIZES[size])
    three.compare()
    three.check()
    arms = {"the reconciliation": three.compare, "three scans": three.scan}
    yield FewRounds(
        f"reconciliation of 3 x {three.size:,} subjects", arms, "the reconciliation", "three scans", "three scans", 12.0
    )
