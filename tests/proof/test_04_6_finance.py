"""People and programs that move the same money at the same moment: one effect each, and never two payments."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from audit.signed import shown_under
from ctms.accounts.models import Sponsor, User
from ctms.accounts.roles import Role
from ctms.core.acting import in_sponsor, on_simulated_day
from ctms.core.refusals import Refusal
from finance.lifecycle import APPROVE
from finance.models import LedgerEntry, Payable, PaymentConfirmation, PaymentLine, PaymentRun, RunStatus
from finance.services import runs
from finance.services.posting import post_payables
from finance.services.runs import Confirmed
from sites.models import Site
from tests.calendar import SHOWN_FROM
from tests.conftest import act, person
from tests.finance import world
from tests.finance.test_runs import calculated, confirmed, moved, verified_bank
from tests.finance.world import agreement, happened, visit
from tests.signing import proof

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shows("04-6")]
APPROVERS, RECALCULATIONS, POSTINGS, CONFIRMATIONS = 100, 100, 40, 40
Deed = Callable[[], Any]


@contextmanager
def inside() -> Iterator[None]:
    north = Sponsor.objects.get(code="north")
    with transaction.atomic(), in_sponsor(north.pk), on_simulated_day(SHOWN_FROM):
        yield


def race(*deeds: Deed) -> list[str]:
    """Does all of it at the same moment, each in a transaction of its own; what each said: "" or a refusal's code."""
    together = Barrier(len(deeds))

    def one(deed: Deed) -> str:
        try:
            together.wait(60)
            with inside():
                deed()
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(one, deeds))


@pytest.fixture
def site(settings) -> Iterator[Site]:
    """A site with an agreement of its own; nothing else waits to be paid."""
    with world.nothing_yet(settings), inside():
        found = world.elsewhere()
        agreement(found, SHOWN_FROM)
        world.another("nils", Role.FINANCE_APPROVER)
    yield found
    happened.clear()


def ready(site: Site, number: int) -> PaymentRun:
    """A confirmed run that pays one new visit."""
    happened.append(visit(site, number))
    with inside():
        return confirmed(calculated(site, SHOWN_FROM), SHOWN_FROM)


def approving(run: PaymentRun, who: str) -> Deed:
    with inside():
        signature = proof(run, person(who), SHOWN_FROM)

    def deed() -> None:
        by = person(who)
        with act(by):
            runs.move_run(run=run, move="approve", by=by, at=SHOWN_FROM, proof=signature)

    return deed


def test_two_approvers_at_once(site, measured):
    won = 0
    for number in range(APPROVERS):
        run = ready(site, number)
        said = race(approving(run, "noor"), approving(run, "nils"))
        with inside():
            run.refresh_from_db()
            signed = [one for one in shown_under(run) if one.signature.verb == APPROVE]
            assert sorted(said) == ["", "WRONG_STATUS"], said
            assert (run.status, len(signed), signed[0].is_broken) == (RunStatus.APPROVED, 1, False)
            assert PaymentLine.objects.filter(request__run=run).count() == 1
        won += 1
    measured("races of two approvers with one signature", won, APPROVERS, won == APPROVERS)


def test_approval_against_recalculation(site, measured):
    approved = dropped = 0
    dice = random.Random(46)
    for number in range(RECALCULATIONS):
        run = ready(site, number)
        first, is_late = approving(run, "noor"), dice.random() < 0.5
        if is_late:
            happened.append(visit(site, 1000 + number))

        def again(run: PaymentRun = run) -> None:
            fumi = person("fumi")
            with act(fumi):
                runs.recalculate_run(run=run, by=fumi, at=SHOWN_FROM)

        said = race(first, again)
        with inside():
            run.refresh_from_db()
            holds = [one for one in shown_under(run) if one.signature.verb == APPROVE and not one.is_broken]
            if run.status == RunStatus.APPROVED:
                assert (len(holds), run.calculation, said[0]) == (1, 1, ""), said
                approved += 1
            else:
                assert (run.status, len(holds), run.calculation) == (RunStatus.CALCULATED, 0, 2), said
                assert said[1] == ""
                dropped += 1
                moved(run, "cancel", "fumi", SHOWN_FROM)
    total = approved + dropped
    measured(f"approvals that hold, {approved}, or gave way to a calculation, {dropped}", total, RECALCULATIONS,
             total == RECALCULATIONS)  # fmt: skip


def test_two_calculations_at_once_post_once(site, measured):
    exact = 0
    for number in range(POSTINGS):
        happened.append(visit(site, number))

        def post() -> None:
            with act(person("fumi")):
                post_payables(study=site.study, at=SHOWN_FROM)

        assert race(post, post) == ["", ""]
        with inside():
            exact += Payable.objects.filter(fact_id=f"visit/{number}").count() == 1
            assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0
    measured("concurrent postings with one payable", exact, POSTINGS, exact == POSTINGS)


def test_one_confirmation_twice_at_once(site, measured):
    exact = 0
    with inside():
        banked = False
    for number in range(CONFIRMATIONS):
        run = ready(site, number)
        with inside():
            run = moved(run, "approve", "noor", SHOWN_FROM, "approval")
            if not banked:
                verified_bank(run, SHOWN_FROM, "nils")
                banked = True
            run = moved(run, "release", "noor", SHOWN_FROM)
            (asked,) = run.requests.all()
        told = [Confirmed(asked.reference, Decimal("1000.00"), "EUR", SHOWN_FROM.date(), f"E{number}")]

        def confirm(run: PaymentRun = run, told: list[Confirmed] = told) -> None:
            fumi: User = person("fumi")
            with act(fumi):
                runs.record_confirmations(run=run, told=told, by=fumi, at=SHOWN_FROM)

        assert race(confirm, confirm) == ["", ""]
        with inside():
            run.refresh_from_db()
            cash = LedgerEntry.objects.filter(confirmation__request=asked, account="CASH")
            exact += (PaymentConfirmation.objects.filter(request=asked).count(), cash.count()) == (1, 1)
            assert run.status == RunStatus.PAID
    measured("confirmations that came twice, paid once", exact, CONFIRMATIONS, exact == CONFIRMATIONS)
