"""Payables of 200,000 visits, posted in one transaction with trail and ledger, against the same SQL without audit.

All arms are rolled back, so that each posts into the same empty tables; their deferred keys are checked before, as a
commit would. `unaudited` has copies of the tables with the same keys, checks, indexes and policies, and no triggers;
`raw Postgres` has copies without keys and policies.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, QuerySet
from psycopg import sql

from bench.arms import Figure, Workload
from bench.population import DAY, at_work
from ctms.accounts.models import Organisation, Sponsor, User
from ctms.core import clock
from ctms.core.acting import in_sponsor
from ctms.run import embedded, logins
from ctms.studies.models import Study
from finance.facts import telling
from finance.models import Agreement, AgreementVersion, FactKind, FeeLine, PayeeShare
from finance.services.posting import post_payables
from sites.models import Site

VISITS = {"small": 20_000, "full": 200_000}
_COPIED = ("finance_payable", "finance_ledgerentry")
_ARMS = {"unaudited": "bench_unaudited_", "raw Postgres": "bench_bare_"}


class BenchVisit(models.Model):
    """What the visits of a trial are here: a table as the room of subjects has one."""

    fact_id = models.TextField(primary_key=True)
    kind = models.TextField()
    site_id = models.BigIntegerField()
    occurred_on = models.DateField()
    subject = models.TextField()
    quantity = models.DecimalField(max_digits=8, decimal_places=2)
    item = models.TextField()
    source = models.TextField()

    class Meta:
        app_label = "finance"
        managed = False
        db_table = "bench_visit"


@telling(FactKind.VISIT)
def visits(study: Study) -> QuerySet[Any]:
    """`settings.PAYABLE_FACTS` of the bench."""
    return BenchVisit.objects.annotate(occasion=F("item"))


def workloads(database: str, sponsor: Sponsor, size: str) -> list[Workload | Figure]:
    """The three arms, and whether the totals are as worked out independently."""
    settings.PAYABLE_FACTS = ["bench.payables.visits"]
    count = VISITS[size]
    with in_sponsor(sponsor.pk), at_work("Making what is paid"):
        study = _agreed(sponsor)
    owner = psycopg.connect(embedded.dsn(logins.OWNER, database), autocommit=True)
    _visits(owner, study, count)
    for prefix in _ARMS.values():
        _copy(owner, prefix, is_bare=prefix == _ARMS["raw Postgres"])
    tables = [*_COPIED, "finance_historicalpayable", *(p + t for p in _ARMS.values() for t in _COPIED)]
    for table in tables:  # in the middle of an arm it would say of a full table that it is empty
        owner.execute(sql.SQL("alter table {} set (autovacuum_enabled = off)").format(sql.Identifier(table)))
    statements = _statements(sponsor, study)
    at = clock.now()

    def audited() -> None:
        with in_sponsor(sponsor.pk), at_work():
            post_payables(study=study, at=at)
            transaction.set_rollback(True)

    def copied(prefix: str) -> Callable[[], None]:
        def run() -> None:
            with in_sponsor(sponsor.pk), at_work(), connection.cursor() as cursor:
                for text, values in statements:
                    for table in _COPIED:
                        text = text.replace(table, prefix + table)
                    cursor.execute(text, values)
                transaction.set_rollback(True)

        return run

    def swept() -> None:
        for table in tables:
            owner.execute(sql.SQL("vacuum {}").format(sql.Identifier(table)))

    arms = {"audited": audited, **{name: copied(prefix) for name, prefix in _ARMS.items()}}
    name = f"payables of {count:,} visits"
    return [
        Workload(name, arms, "audited", "unaudited", "raw Postgres", 1.5, between=swept, most_rounds=3),
        Figure(f"{name}: cents off an independent sum", _off(sponsor, study, owner, at), 0),
    ]


def _agreed(sponsor: Sponsor) -> Study:
    """Agreements with all sites of one study: overhead, holdback, VAT, two payees."""
    study = Study.objects.order_by("pk")[0]
    user = User.objects.get(username="everything")
    owner: dict[str, Any] = {"sponsor": sponsor, "study": study}
    payees = [Organisation.objects.create(sponsor=sponsor, kind="SITE", name=f"Payee {number}") for number in range(50)]
    sites = list(Site.objects.filter(study=study).order_by("pk"))
    agreements = Agreement.objects.bulk_create(
        Agreement(**owner, site=site, number=f"CTA-{site.pk}", currency="EUR") for site in sites
    )
    versions = AgreementVersion.objects.bulk_create(
        AgreementVersion(
            **owner, agreement=one, number=1, status="APPROVED", effective_on=DAY, reference="Bench",
            overhead_percent=Decimal(25), holdback_percent=Decimal(10), drafted_by=user,
        )
        for one in agreements
    )  # fmt: skip
    PayeeShare.objects.bulk_create(
        PayeeShare(
            **owner, version=one, payee=payees[place % 50], share=Decimal(100), is_primary=True, vat_code="STANDARD",
            vat_percent=Decimal(20),
        )
        for place, one in enumerate(versions)
    )  # fmt: skip
    FeeLine.objects.bulk_create(
        FeeLine(**owner, version=one, code=f"V{visit}", label=f"Visit {visit}", trigger=FactKind.VISIT,
                item=f"V{visit}", amount=Decimal("100.10") * visit)
        for one in versions for visit in range(1, 11)
    )  # fmt: skip
    return study


def _visits(owner: psycopg.Connection, study: Study, count: int) -> None:
    owner.execute(
        """create table bench_visit (fact_id text primary key, kind text, site_id bigint, occurred_on date,
           subject text, quantity numeric(8,2), item text, source text)"""
    )
    owner.execute(
        """insert into bench_visit
           select 'visit/' || n, 'VISIT', s.id, %(from)s::date + (n %% 300)::int, 'S' || n / 10, 1, 'V' || n %% 10 + 1,
               'EDC, audit record ' || n
           from generate_series(1, %(count)s) n
           join (select id, row_number() over (order by id) - 1 as place, count(*) over () as sites
                 from sites_site where study_id = %(study)s) s on s.place = n %% s.sites""",
        {"from": DAY + timedelta(days=1), "count": count, "study": study.pk},
    )
    owner.execute(sql.SQL("grant select on bench_visit to {}").format(sql.Identifier(logins.APP)))
    for table in ("bench_visit", "finance_agreement", "finance_agreementversion", "finance_feeline",
                  "finance_payeeshare"):  # fmt: skip
        owner.execute(sql.SQL("vacuum analyze {}").format(sql.Identifier(table)))


def _copy(owner: psycopg.Connection, prefix: str, *, is_bare: bool) -> None:
    """Copies of both tables; unless bare, with the original's foreign keys and policies."""
    for table in _COPIED:
        names = {"table": sql.Identifier(prefix + table), "original": sql.Identifier(table),
                 "app": sql.Identifier(logins.APP)}  # fmt: skip
        owner.execute(sql.SQL("create table {table} (like {original} including all)").format(**names))
        owner.execute(sql.SQL("grant select, insert on {table} to {app}").format(**names))
    if is_bare:
        return
    for table in _COPIED:
        name = sql.Identifier(prefix + table)
        keys = owner.execute(
            "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = %s::regclass "
            "and contype = 'f'", [table],
        ).fetchall()  # fmt: skip
        for key, definition in keys:
            for other in _COPIED:
                definition = definition.replace(f" {other}(", f" {prefix}{other}(")
            owner.execute(
                sql.SQL("alter table {} add constraint {} {}").format(name, sql.Identifier(key), sql.SQL(definition))
            )
        for policy, using, check, roles in owner.execute(
            "select policyname, qual, with_check, roles from pg_policies where tablename = %s", [table]
        ).fetchall():
            who = sql.SQL(", ").join(map(sql.Identifier, roles))
            owner.execute(
                sql.SQL("create policy {} on {} to {} using ({}) with check ({})").format(
                    sql.Identifier(policy), name, who, sql.SQL(using), sql.SQL(check or using)
                )
            )
        owner.execute(sql.SQL("alter table {} enable row level security").format(name))
        owner.execute(sql.SQL("alter table {} force row level security").format(name))


def _statements(sponsor: Sponsor, study: Study) -> list[tuple[str, Any]]:
    """What the audited arm says that posts, so that the others say the same."""
    seen: list[tuple[str, Any]] = []

    def noted(execute: Callable[..., object], text: str, values: Any, *rest: object) -> object:
        seen.append((text, values))
        return execute(text, values, *rest)

    with in_sponsor(sponsor.pk), at_work(), connection.execute_wrapper(noted):
        post_payables(study=study, at=clock.now())
        transaction.set_rollback(True)
    wanted = ("insert into finance_payable", "enable_nestloop", "set constraints")
    return [(text, values) for text, values in seen if any(words in text for words in wanted)]


def _off(sponsor: Sponsor, study: Study, owner: psycopg.Connection, at: Any) -> float:
    """How many cents the posted nets are off a sum worked out from the visits alone."""
    told = owner.execute("select item, count(*) from bench_visit group by item").fetchall()
    cent, wanted = Decimal("0.01"), Decimal(0)
    for item, count in told:
        direct = Decimal("100.10") * int(item[1:])
        gross = direct + (direct * 25 / 100).quantize(cent, rounding="ROUND_HALF_UP")
        kept = gross - (gross * 10 / 100).quantize(cent, rounding="ROUND_HALF_UP")
        wanted += count * (kept + (kept * 20 / 100).quantize(cent, rounding="ROUND_HALF_UP"))
    with in_sponsor(sponsor.pk), at_work(), connection.cursor() as cursor:
        post_payables(study=study, at=at)
        cursor.execute("select sum(net) from finance_payable where study_id = %s", [study.pk])
        (got,) = cursor.fetchone()
        transaction.set_rollback(True)
    return float(abs(got - wanted) * 100)
