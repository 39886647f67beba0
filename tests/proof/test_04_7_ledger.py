"""10,000 random histories of a trial's facts: never paid twice, the ledger sums to zero, replayed it is the same.

Each history is a site with an agreement of its own: random rates, currencies, shares, limits, caps and policies. In
each round facts come, go, change their day, come again and late; then all of it is posted at once. What is in force
afterwards is compared with amounts worked out one by one in Python.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from ctms.accounts.models import Organisation
from ctms.core.money import rounded
from ctms.run import logins
from ctms.studies.models import Study
from finance.arithmetic import Amounts, Rates, amounts, payable_failures, released, split
from finance.facts import PayableFact
from finance.models import Agreement, AgreementVersion, FactKind, FeeLine, Payable, PayeeShare
from finance.services.posting import post_payables
from sites.models import Site
from tests import database
from tests.conftest import act, person
from tests.crowd import make_many_sites
from tests.factories import Factory, make
from tests.finance import world

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-7")]
SEED, HISTORIES, ROUNDS = 20_240_311, 10_000, 5
BEGAN, CODES = date(2024, 1, 1), ("EUR", "EUR", "JPY", "KWD", "USD")
Key = tuple[str, str, int]  # fact, fee code, payee


@dataclass
class History:
    """A site's terms, as the oracle reads them, and what has happened there so far."""

    site_id: int
    currency: str
    rates: dict[int, Rates]  # by payee, the primary one first
    shares: dict[int, Decimal]
    fees: dict[str, tuple[str, str, Decimal, bool, bool, bool, int | None]]
    cap: tuple[int, int, int, int | None]
    policy: str
    maximum: Decimal | None
    facts: dict[str, PayableFact] = field(default_factory=dict)
    paid: set[tuple[str, str]] = field(default_factory=set)  # facts and codes in force after the last posting

    def due(self) -> dict[Key, Amounts]:
        """What has to be in force by the facts: every rule, one fact after the other."""
        found: dict[Key, Amounts] = {}
        enrolled = len({fact.subject for fact in self.facts.values() if fact.kind == FactKind.ENROLLED})
        failed = {fact.subject for fact in self.facts.values() if fact.kind == FactKind.SCREEN_FAILURE}
        initial, per, of, most = self.cap
        failures = payable_failures(10**9, enrolled, initial=initial, per=per, of=of, most=most)
        counts: dict[str, int] = {}
        wanted = []
        for fact, code in sorted(self._priced(failed), key=self._order):
            counts[code] = counts.get(code, 0) + 1
            limit = self.fees[code][6]
            if (limit is None or counts[code] <= limit) and (
                fact.kind != FactKind.SCREEN_FAILURE or counts[code] <= failures
            ):
                wanted.append((fact, code))
        so_far = Decimal(0)
        for fact, code in sorted(wanted, key=lambda one: (*self._order(one), one[1])):
            _, _, amount, overhead, _, _, _ = self.fees[code]
            total = rounded(amount * fact.quantity, self.currency)
            primary = next(iter(self.rates.values()))
            so_far += total + (rounded(total * primary.overhead / 100, self.currency) if overhead else 0)
            if self.maximum is None or so_far <= self.maximum:
                found |= self._shared(fact, code, total)
        return found

    def _priced(self, failed: set[str]) -> Iterator[tuple[PayableFact, str]]:
        for fact in self.facts.values():
            for code, (kind, item, *_) in self.fees.items():
                is_replaced = fact.kind == FactKind.VISIT and self.policy == "REPLACE" and fact.subject in failed
                is_left_out = fact.kind == FactKind.SCREEN_FAILURE and self.policy == "VISITS"
                if kind == fact.kind and item in ("", fact.item) and not is_replaced and not is_left_out:
                    yield fact, code

    def _order(self, one: tuple[PayableFact, str]) -> tuple[bool, date, str]:
        fact, code = one
        return (fact.fact_id, code) not in self.paid, fact.occurred_on, fact.fact_id

    def _shared(self, fact: PayableFact, code: str, total: Decimal) -> dict[Key, Amounts]:
        _, _, _, overhead, holdback, taxable, _ = self.fees[code]
        payees, found = list(self.shares), {}
        for payee, direct in zip(payees, split(total, [self.shares[one] for one in payees[1:]], self.currency),
                                 strict=True):  # fmt: skip
            rates, zero = self.rates[payee], Decimal(0)
            rates = replace(
                rates, overhead=rates.overhead if overhead else zero, holdback=rates.holdback if holdback else zero,
                vat=rates.vat if taxable else zero,
            )  # fmt: skip
            found[fact.fact_id, code, payee] = amounts(direct, rates, self.currency)
        return found


def made(study: Study, dice: random.Random, count: int) -> list[History]:
    """So many sites with agreements, set-based; their terms are drawn."""
    payees = [make(Organisation, kind="SITE") for _ in range(4)]
    make_many_sites(count)
    sites = list(Site.objects.filter(number__startswith="ZZ-").order_by("id"))
    owner = {"sponsor_id": study.sponsor_id, "study": study}
    fumi = person("fumi")

    def built(model: Any, **values: Any) -> Any:
        return Factory.for_model(model).build(**owner, **values)

    agreements = Agreement.objects.bulk_create(
        built(Agreement, site=site, number=f"A-{site.pk}", currency=dice.choice(CODES)) for site in sites
    )
    versions = AgreementVersion.objects.bulk_create(
        built(
            AgreementVersion, agreement=one, effective_on=BEGAN, status="APPROVED", drafted_by=fumi,
            overhead_percent=drawn(dice, 40), holdback_percent=drawn(dice, 20), failures_initial=dice.randrange(3),
            failures_per=dice.randrange(3), per_enrolled=dice.randrange(1, 4),
            failures_most=dice.choice((None, 2, 5)), failure_policy=dice.choice(("REPLACE", "VISITS", "BOTH")),
            maximum=dice.choice((None, None, Decimal(9000), Decimal(2500))),
        )
        for one in agreements
    )  # fmt: skip
    shares, fees, histories = [], [], []
    for agreement, version in zip(agreements, versions, strict=True):
        parts = dice.choice(([100], [60, 40], ["33.34", "33.33", "33.33"], ["0.01", "99.99"]))
        chosen = dice.sample(payees, len(parts))
        mine = [
            built(
                PayeeShare, version=version, payee=payee, share=Decimal(part), is_primary=place == 0,
                vat_code=dice.choice(("NONE", "STANDARD", "REVERSE")), vat_percent=drawn(dice, 27),
                withholding_percent=drawn(dice, 15),
            )
            for place, (payee, part) in enumerate(zip(chosen, parts, strict=True))
        ]  # fmt: skip
        lines = [
            built(
                FeeLine, version=version, code=code, trigger=kind, item=item, amount=fee(dice, agreement.currency),
                has_overhead=dice.random() < 0.8, has_holdback=dice.random() < 0.8, is_taxable=dice.random() < 0.8,
                most=dice.choice((None, None, 2)),
            )
            for code, kind, item in (("V1", "VISIT", "V1"), ("ANY", "VISIT", ""), ("SF", "SCREEN_FAILURE", ""),
                                     ("IN", "ENROLLED", ""))
        ]  # fmt: skip
        shares += mine
        fees += lines
        histories.append(
            History(
                agreement.site_id, agreement.currency,
                {
                    one.payee.pk: Rates(
                        version.overhead_percent, version.holdback_percent,
                        one.vat_percent if one.vat_code == "STANDARD" else Decimal(0), one.withholding_percent,
                    )
                    for one in mine
                },
                {one.payee.pk: one.share for one in mine},
                {
                    one.code: (one.trigger, one.item, one.amount, one.has_overhead, one.has_holdback, one.is_taxable,
                               one.most)
                    for one in lines
                },
                (version.failures_initial, version.failures_per, version.per_enrolled, version.failures_most),
                version.failure_policy, version.maximum,
            )
        )  # fmt: skip
    PayeeShare.objects.bulk_create(shares)
    FeeLine.objects.bulk_create(fees)
    return histories


def drawn(dice: random.Random, most: int) -> Decimal:
    return Decimal(dice.choice((0, dice.randrange(most * 100)))) / 100


def fee(dice: random.Random, currency: str) -> Decimal:
    return rounded(Decimal(dice.randrange(10**6)) / 1000 * dice.choice((1, 3)), currency)


def happen(history: History, dice: random.Random, round_: int) -> None:
    """Something comes, goes, moves or is said again."""
    facts = history.facts
    for turn in range(dice.randrange(3)):
        kind = dice.choice((FactKind.VISIT, FactKind.VISIT, FactKind.SCREEN_FAILURE, FactKind.ENROLLED))
        key = f"{kind.lower()}/{history.site_id:09}{round_}{turn}"
        facts[key] = PayableFact(
            key, kind, history.site_id, BEGAN + timedelta(days=dice.randrange(60)), f"S{dice.randrange(3)}",
            Decimal(dice.choice(("1", "1", "2", "0.5"))), dice.choice(("V1", "V2")), "Drawn",
        )  # fmt: skip
    for key in list(facts):
        chance = dice.random()
        if chance < 0.1:
            del facts[key]
        elif chance < 0.2:
            facts[key] = replace(facts[key], occurred_on=BEGAN + timedelta(days=dice.randrange(60)))
    if facts and dice.random() < 0.3:  # said again, in another order
        key = dice.choice(list(facts))
        facts[key] = facts.pop(key)


def posted(study: Study, histories: Iterable[History], now: Any) -> None:
    world.happened[:] = [fact for one in histories for fact in one.facts.values()]
    with act(person("fumi")):
        post_payables(study=study, at=now)


def asked(query: str) -> list[tuple[Any, ...]]:
    """What a query over the whole ledger gives; the planner, who knows of an empty one, may not go row by row."""
    with connection.cursor() as cursor:
        cursor.execute("set local enable_nestloop = off")
        cursor.execute(query)
        found = cursor.fetchall()
        cursor.execute("set local enable_nestloop = on")
    return found


def in_force() -> dict[Key, tuple[Decimal, ...]]:
    """Fact, code and payee -> the steps of what is in force; and what all revisions of it come to must be just that."""
    steps = "direct, overhead, holdback, vat, withholding, net"
    latest = f"""select distinct on (fact_id, item, payee_id) fact_id, item, payee_id, revision, {steps}
                 from finance_payable order by fact_id, item, payee_id, revision desc"""
    twice = asked(
        f"""select count(*) from (
                select p.fact_id from finance_payable p join ({latest}) l using (fact_id, item, payee_id)
                group by p.fact_id, p.item, p.payee_id, l.revision, l.net
                having sum(p.net) <> case when l.revision % 2 = 1 then l.net else 0 end) twice"""
    )
    assert twice == [(0,)]  # never paid twice, and what was taken back is back
    rows = asked(f"select * from ({latest}) l where revision % 2 = 1")
    return {tuple(row[:3]): tuple(row[4:]) for row in rows}


def balances() -> list[tuple[Any, ...]]:
    """Site by site and account by account, from the ledger alone."""
    return asked(
        """select p.site_id, p.payee_id, e.account, sum(e.amount) from finance_ledgerentry e
           join finance_payable p on p.id = e.payable_id group by 1, 2, 3 order by 1, 2, 3"""
    )


def off_balance() -> int:
    """Payables whose entries do not sum to zero, and the rest of the whole ledger."""
    ((payables,),) = asked(
        "select count(*) from (select payable_id from finance_ledgerentry where payable_id is not null "
        "group by 1 having sum(amount) <> 0) x"
    )
    ((rest,),) = asked("select coalesce(sum(amount), 0) from finance_ledgerentry")
    return int(payables) + (rest != 0)


def played(study: Study, histories: list[History], now: Any, *, compares: bool) -> int:
    """Plays all histories from the beginning; how many amounts were compared."""
    dice, compared = random.Random(SEED), 0
    for round_ in range(ROUNDS):
        for one in histories:
            happen(one, dice, round_)
        wanted = {key: value for one in histories for key, value in one.due().items()} if compares else {}
        posted(study, histories, now)
        ids = _ids(histories)
        ours = {key: row for key, row in in_force().items() if key[0] in ids}
        if compares:
            steps = {
                key: (one.direct, one.overhead, one.holdback, one.vat, one.withholding, one.net)
                for key, one in wanted.items()
            }
            assert ours == steps
            compared += len(steps)
        for one in histories:
            one.paid = set()
        by_site = {fact: one for one in histories for fact in one.facts}
        for fact, code, _ in ours:
            by_site[fact].paid.add((fact, code))
        assert off_balance() == 0
    return compared


def _ids(histories: list[History]) -> set[str]:
    return {fact for one in histories for fact in one.facts}


@pytest.fixture(scope="module")
def undisturbed(django_db_setup) -> Iterator[None]:
    """Autovacuum keeps away: to it, what one long transaction has posted is not there yet, and it would tell the
    planner that the tables are empty while the keys of hundreds of thousands of rows are checked."""
    tables = ("finance_payable", "finance_historicalpayable", "finance_ledgerentry")
    with database.connect(logins.OWNER, autocommit=True) as owner:
        for table in tables:
            owner.execute(f"alter table {table} set (autovacuum_enabled = off)")
        yield
        for table in tables:
            owner.execute(f"alter table {table} reset (autovacuum_enabled)")


@pytest.fixture
def study(undisturbed, north, settings) -> Iterator[Study]:
    with world.nothing_yet(settings):
        yield Study.objects.get()


def test_ten_thousand_histories(study, now, measured):
    with act(person("ada")):
        histories = made(study, random.Random(SEED), HISTORIES)
    with transaction.atomic():
        compared = played(study, histories, now, compares=True)
        before = Payable.objects.count()
        posted(study, histories, now)  # the same facts once more
        again, first = Payable.objects.count() - before, balances()
        transaction.set_rollback(True)
    measured(f"histories whose amounts are as worked out one by one, seed {SEED}", len(histories), HISTORIES, True)
    measured("amounts compared, step by step", compared, 50_000, compared >= 50_000)
    measured("payables posted for the same facts again", again, 0, again == 0)
    for one in histories:
        one.facts.clear()
        one.paid.clear()
    with transaction.atomic():
        played(study, histories, now, compares=False)
        second = balances()
        transaction.set_rollback(True)
    measured("balances of the replay", len(second), len(first), second == first)


def test_every_holdback_comes_back_once(study, now, measured):
    with act(person("ada")):
        histories = made(study, random.Random(SEED + 1), 200)
    dice = random.Random(SEED)
    for round_ in range(3):
        for one in histories:
            happen(one, dice, round_)
    posted(study, histories, now)
    ids = _ids(histories)
    kept = {key: row[2] for key, row in in_force().items() if row[2] and key[0] in ids}
    closed = [PayableFact(f"site/{one.site_id}/CLOSED", FactKind.SITE_CLOSED, one.site_id, now.date(), source="CTMS")
              for one in histories]  # fmt: skip
    for _ in range(2):
        world.happened[:] = [fact for one in histories for fact in one.facts.values()] + closed
        with act(person("fumi")):
            post_payables(study=study, at=now)
    rows = Payable.objects.filter(kind="RELEASE")
    assert rows.count() == len(kept)
    by_id = {row.pk: row for row in Payable.objects.exclude(kind="RELEASE")}
    rates = {one.site_id: one.rates for one in histories}
    for row in rows:
        original = by_id[int(row.fact_id.removeprefix("payable/"))]
        theirs = rates[row.site_id][row.payee_id]
        theirs = replace(theirs, vat=theirs.vat if original.fee.is_taxable else Decimal(0))
        assert row.net == released(original.holdback, theirs, row.currency).net
    measured("holdbacks released exactly once", rows.count(), len(kept), off_balance() == 0)
