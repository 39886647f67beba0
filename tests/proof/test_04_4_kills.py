"""Worker, Redis and PostgreSQL die by SIGKILL while feeds are read and money is paid: nothing is half done or doubled.

Feeds are read by a real worker over a real socket, asked for through Redis. A payment run goes its way beside it, step
by step, in a process of its own; whoever comes after a kill goes on where the last one stood.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connections, transaction
from django.db.models import Count, F

from audit.gaps import gaps
from ctms.accounts.models import Sponsor
from ctms.accounts.roles import Role
from ctms.celery import app as celery
from ctms.core.acting import Channel, Service, acting, in_sponsor, on_simulated_day
from ctms.integrations.models import Connection, FeedCursor, FeedRun, Format, SourceFact
from ctms.integrations.services import connections as services
from enrollment.models import Subject
from enrollment.services.counts import wrong_counts
from finance.models import BankDetail, Payable, PaymentConfirmation, PaymentLine, PaymentRun, RunStatus
from finance.services import runs
from finance.services.runs import Confirmed
from sites.models import Site
from tests import database
from tests.calendar import SHOWN_FROM
from tests.conftest import act, person
from tests.finance import world
from tests.finance.test_runs import calculated, confirmed, moved, verified_bank
from tests.finance.world import agreement, balances, happened, visit
from tests.integrations.test_thread import expected, here
from tests.outside import Outside, served
from tests.proof import processes
from tests.proof.__main__ import SEED

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("04-4")]
KILLS, WITHIN = 50, 180.0  # seconds until all is well again
RESOURCES = 4  # sites, subjects and audit records of Rave; events of the IRT
VICTIMS = ("worker", "payer", "redis", "postgres")


@contextmanager
def inside() -> Iterator[None]:
    with transaction.atomic(), in_sponsor(Sponsor.objects.get(code="north").pk), on_simulated_day(SHOWN_FROM):
        yield


def pay(site: Site) -> None:
    """Brings the payment run that is under way to its end, or else a new one, a transaction for each step."""
    while True:
        with inside():
            unsettled = PaymentRun.objects.filter(study=site.study).exclude(status=RunStatus.PAID)
            run = unsettled.select_related("study__scope").first()
            if run is None and Payable.objects.filter(study=site.study).count() == len(happened):
                return
            if run is None:
                calculated(site, SHOWN_FROM, SHOWN_FROM.date())
            elif run.status == RunStatus.CALCULATED:
                confirmed(run, SHOWN_FROM)
            elif run.status == RunStatus.CONFIRMED:
                moved(run, "approve", "noor", SHOWN_FROM, "approval")
            elif run.status == RunStatus.APPROVED:
                if not BankDetail.objects.filter(study=site.study).exists():
                    verified_bank(run, SHOWN_FROM, "nils")
                moved(run, "release", "noor", SHOWN_FROM)
            else:
                asked = run.requests.filter(removed=False)
                told = [Confirmed(one.reference, one.net, one.currency, SHOWN_FROM.date(), "E1") for one in asked]
                fumi = person("fumi")
                with act(fumi):
                    runs.record_confirmations(run=run, told=told, by=fumi, at=SHOWN_FROM)


def parted(deed: Callable[[], None]) -> int:
    """A process of its own that does this; its id."""
    connections["default"].close()
    child = os.fork()
    if child:
        return child
    try:
        deed()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a child that must not go on as the tests
        os._exit(1)


class House:
    """The worker, the systems it reads, a site that is paid, and what kills each of them."""

    def __init__(self, address: str, feeds: list[Connection], site: Site) -> None:
        self.site, self.payer = site, 0
        self.sponsor, self.keys = site.sponsor_id, [one.pk for one in feeds]
        mara = person("mara")
        with inside(), act(mara):
            for one in feeds:
                there = one.base_url.replace("http://localhost:9", address)
                services.move_address(connection=one, base_url=there, by=mara)
        self.worker = processes.begun("worker")
        until(_is_heard)

    def begin(self, number: int) -> None:
        """Both feeds are to be read, and one more visit to be paid."""
        happened.append(visit(self.site, number))
        self.ask()
        self.payer = parted(lambda: pay(self.site))

    def ask(self) -> None:
        """As the beat does every five minutes: what was asked for and lost is asked for again."""
        for key in self.keys:
            said = {"sponsor_id": self.sponsor, "connection_id": key}
            task = "ctms.integrations.tasks.read_connection"
            with celery.connection_for_write() as fresh:
                celery.send_task(task, kwargs=said, queue=f"ctms.{database.NAME}", connection=fresh)

    def kill(self, victim: str) -> None:
        if victim == "worker":
            processes.kill(self.worker)
        elif victim == "payer":
            with suppress(ProcessLookupError):
                os.kill(self.payer, signal.SIGKILL)
        elif victim == "redis":
            processes.kill_redis()
        else:
            processes.kill_postgres()

    def is_idle(self) -> bool:
        """Whether both feeds and the payments came to their end before the kill."""
        ended = os.waitid(os.P_PID, self.payer, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return self._is_read() and ended

    def come_back(self) -> None:
        """All that is down is started again. What the dead were doing stays as they left it."""
        connections["default"].close()
        processes.revive()
        until(_answers)
        os.waitpid(self.payer, 0)
        if self.worker.poll() is not None:
            self.worker = processes.begun("worker")
        until(_is_heard)

    def ends(self) -> None:
        """Nobody is killed any more: all there is to read is read, and all there is to pay paid."""
        processes.kill(self.worker)
        forget()
        self.worker = processes.begun("worker")
        self.begin(KILLS)
        os.waitpid(self.payer, 0)
        asked = time.monotonic()

        def read() -> bool:
            nonlocal asked
            if time.monotonic() > asked + 15:  # as the beat does every five minutes
                self.ask()
                asked = time.monotonic()
            return self._is_read()

        until(read)
        processes.kill(self.worker)

    def _is_read(self) -> bool:
        with inside():
            read = FeedCursor.objects.filter(connection__in=self.keys).exclude(resource="").exclude(succeeded_at=None)
            return read.count() == RESOURCES and not FeedRun.objects.filter(status="RUNNING").exists()


def half_done(site: Site) -> list[str]:
    """What a transaction that was cut off would leave behind."""
    with inside():
        lines = PaymentLine.objects.filter(removed=False)
        wrong = {
            "facts of a run that is not done": SourceFact.objects.exclude(run__status="DONE").exists(),
            "counts that differ from subjects": wrong_counts(),
            "a ledger that does not balance": sum(balances(site.study).values()),
            "a payable that is paid twice": lines.values("payable").annotate(n=Count("pk")).filter(n__gt=1).exists(),
            "a run without payments": PaymentRun.objects.filter(requests=None).exists(),
            "a payment without lines": PaymentRun.objects.filter(requests__lines=None).exists(),
        }
    return [what for what, is_so in wrong.items() if is_so]


def forget() -> None:
    """Cursors, and half of what is known, are lost: so there is something to read, and to take, again."""
    with inside():
        FeedCursor.objects.update(rests_until=None, failures=0, succeeded_at=None)
        FeedCursor.objects.exclude(resource="").update(cursor="")
        with acting(Service("Test"), reason="What is known is lost", channel=Channel.FEED):
            SourceFact.objects.annotate(odd=F("pk") % 2).filter(odd=1).delete()


def until(well: Callable[[], bool]) -> None:
    ends = time.monotonic() + WITHIN
    while not well():
        assert time.monotonic() < ends, "It does not come back."
        time.sleep(0.1)


def _is_heard() -> bool:
    """Whether the worker takes tasks."""
    with celery.connection_for_write() as fresh:  # those of the pool may lead to a Redis that is dead
        return bool(celery.control.ping(timeout=1.0, connection=fresh))


def _answers() -> bool:
    """Whether the database does."""
    try:
        database.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def test_kills_leave_nothing_half_done_and_double_nothing(settings, measured):
    chance, half, ended, longest = random.Random(SEED), [], 0, 1.5  # seconds until a kill
    with world.nothing_yet(settings), inside():
        outside = Outside(size=25)
        outside.world.subjects  # noqa: B018 - worked out here: the server's threads have no database
        truth = expected(outside.world.truth())
        feeds = [outside.connect(format) for format in (Format.RWS, Format.CTMS_IRT_1)]
        site = world.elsewhere()
        agreement(site, SHOWN_FROM)
        world.another("nils", Role.FINANCE_APPROVER)
    with served(outside.simulators) as address:
        house = House(address, feeds, site)
        try:
            for number in range(KILLS):
                house.begin(number)
                waited = chance.uniform(0.05, longest)
                time.sleep(waited)
                is_idle = house.is_idle()
                ended += is_idle
                # How long the work takes depends on the machine: kills spread over all of it, and hardly beyond.
                longest = waited if is_idle else longest * 1.1
                house.kill(VICTIMS[number % len(VICTIMS)])
                house.come_back()
                half += half_done(site)
                forget()
            house.ends()
        finally:
            processes.kill(house.worker)
    measured("kills of worker, payer, Redis and PostgreSQL", KILLS, KILLS, True)
    measured("of them while something was going on", KILLS - ended, KILLS // 2, KILLS - ended >= KILLS // 2)
    measured("states with something half done", half, [], not half)
    with inside():
        found = {site: {name: said[name] for name in truth[site]} for site, said in here().items()}
        measured("sites whose counts equal the truth", sum(found.get(k) == v for k, v in truth.items()), len(truth),
                 found == truth)  # fmt: skip
        judge(site, measured)
        without = [str(gap) for gap in gaps()]
        measured("records that are not as the newest row of their history says", without, [], not without)
        assert set(Subject.history.values_list("history_channel", flat=True)) == {"feed"}
    happened.clear()


def judge(site: Site, measured: Any) -> None:
    """What was to be paid is paid, once."""
    wanted = KILLS + 1
    lines = PaymentLine.objects.filter(request__study=site.study, removed=False)
    paid = lines.filter(request__run__status=RunStatus.PAID).count()
    measured("visits that are paid", paid, wanted, paid == wanted == lines.values("payable").distinct().count())
    requests = PaymentConfirmation.objects.filter(request__study=site.study)
    total, money = sum(one.amount for one in requests), Decimal(1000) * wanted
    measured("money that left", str(total), str(money), total == money == -balances(site.study)["CASH"])
    payables = Payable.objects.filter(study=site.study).count()
    measured("payables", payables, wanted, payables == wanted)
