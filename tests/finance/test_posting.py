"""From facts to payables and the ledger: the vectors to the cent, caps, splits, and what changes afterwards."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from ctms.studies.models import Study
from finance.models import FactKind, LedgerEntry, Payable
from finance.services import agreements
from finance.services.posting import Posted, pending_changes, post_payables
from sites.models import SiteStatusEvent
from tests.conftest import act, person
from tests.factories import make
from tests.finance import world
from tests.finance.world import agreement, amounts, balances, closed, enrolled, failure, happened, visit

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-7")]
WORKED = {"overhead_percent": 25, "holdback_percent": 10}
TAXED = {"share": 100, "is_primary": True, "vat_code": "STANDARD", "vat_percent": 20, "withholding_percent": 10}


@pytest.fixture
def site(north, settings):
    with world.nothing_yet(settings):
        yield world.elsewhere()


def post(site, now) -> Posted:
    with act(person("fumi")):
        posted = post_payables(study=site.study, at=now)
    assert sum(balances(site.study).values()) == 0
    return posted


def test_the_worked_vector_and_the_release_of_its_holdback(site, now):
    agreement(site, now, shares=[TAXED | {"payee": world.payee("Clinic")}], **WORKED)
    happened.append(visit(site, 1))
    assert post(site, now) == Posted(1, 0)
    assert amounts(site.study) == [("visit/1", "1000", "250", "-125", "225", "-112.5", "1237.5")]
    assert post(site, now) == Posted(0, 0)
    happened.append(closed(site))
    assert post(site, now) == Posted(1, 0)
    ((*_, release), _) = amounts(site.study)
    assert release == "137.5"
    assert balances(site.study)["OWED"] == -1375
    assert balances(site.study)["HOLDBACK"] == 0


@pytest.mark.parametrize(
    ("subjects", "failed", "paid"), [(0, 20, 2), (7, 20, 3), (12, 20, 5), (60, 20, 10), (12, 4, 4)]
)
def test_the_screen_failure_cap(site, now, subjects, failed, paid):
    cap = {"failures_initial": 2, "failures_per": 1, "per_enrolled": 4, "failures_most": 10}
    agreement(site, now, fees=[{"code": "SF", "trigger": FactKind.SCREEN_FAILURE, "item": ""}], **cap)
    happened.extend([failure(site, number) for number in range(failed)])
    happened.extend([enrolled(site, number) for number in range(subjects)])
    assert post(site, now).owed == paid


def test_a_failure_recorded_late_displaces_none_that_is_paid(site, now):
    agreement(site, now, fees=[{"code": "SF", "trigger": FactKind.SCREEN_FAILURE, "item": ""}], failures_initial=1)
    happened.append(failure(site, 1, on=date(2024, 2, 9)))
    post(site, now)
    happened.append(failure(site, 2, on=date(2024, 2, 1)))
    assert post(site, now) == Posted(0, 0)
    assert [one[0] for one in amounts(site.study)] == ["failure/1"]


@pytest.mark.parametrize(("policy", "paid"), [("REPLACE", ["failure/1"]), ("VISITS", ["visit/1"]),
                                              ("BOTH", ["failure/1", "visit/1"])])  # fmt: skip
def test_what_is_paid_of_who_failed_screening(site, now, policy, paid):
    fees = [{}, {"code": "SF", "trigger": FactKind.SCREEN_FAILURE, "item": ""}]
    agreement(site, now, fees=fees, failures_initial=9, failure_policy=policy)
    happened.extend([visit(site, 1, subject="F1"), failure(site, 1)])
    post(site, now)
    assert [one[0] for one in amounts(site.study)] == paid


def test_a_split_leaves_the_remainder_to_the_primary_payee(site, now):
    third = {"share": Decimal("33.33")}
    shares = [
        third | {"payee": world.payee("University"), "share": Decimal("33.34"), "is_primary": True},
        third | {"payee": world.payee("Pharmacy")}, third | {"payee": world.payee("Laboratory")},
    ]  # fmt: skip
    agreement(site, now, currency="JPY", fees=[{"amount": Decimal(100_001)}], shares=shares)
    happened.append(visit(site, 1))
    post(site, now)
    assert sorted(one[1] for one in amounts(site.study)) == ["33330", "33330", "33341"]


def test_a_corrected_day_under_another_version_reverses_and_posts_anew(site, now):
    first = agreement(site, now)
    happened.append(visit(site, 1, on=date(2024, 2, 1)))
    post(site, now)
    fumi = person("fumi")
    with act(fumi):
        second = agreements.amend(agreement=first.agreement, by=fumi)
        agreements.edit_terms(version=second, changes={"effective_on": date(2024, 2, 15)}, read_version=None, by=fumi)
        agreements.edit_part(part=second.fees.get(), changes={"amount": Decimal(1200)}, read_version=None, by=fumi)
    second.refresh_from_db()
    world.approve(second, person("noor"), now)
    assert post(site, now) == Posted(0, 0)
    happened[0] = replace(happened[0], occurred_on=date(2024, 2, 20))
    assert post(site, now) == Posted(1, 1)
    rows = Payable.objects.filter(site=site).order_by("revision")
    told = rows.values_list("revision", "net", "cause", "fee__version__number")
    assert list(told) == [(1, 1000, "EARNED", 1), (2, -1000, "CHANGED", 1), (3, 1200, "CHANGED", 2)]
    happened.clear()
    assert post(site, now) == Posted(0, 1)
    assert balances(site.study)["OWED"] == 0
    happened.append(visit(site, 1, on=date(2024, 2, 20)))
    assert post(site, now) == Posted(1, 0)
    assert Payable.objects.filter(site=site).order_by("revision").last().revision == 5


def test_what_moves_to_another_site_or_day_moves_with_its_agreement_maximum_and_holdback(site, now):
    there = world.beside(site)
    terms = {"holdback_percent": 10, "maximum": 1000}
    first, second = agreement(site, now, **terms), agreement(there, now, **terms)
    happened.extend([visit(site, 1), visit(there, 2, on=date(2024, 2, 5))])
    assert post(site, now) == Posted(2, 0)
    happened[0] = replace(happened[0], occurred_on=date(2024, 2, 2))
    assert post(site, now) == Posted(1, 1)
    assert Payable.objects.get(fact_id="visit/1", revision=3).occurred_on == date(2024, 2, 2)
    happened[0] = replace(happened[0], site_id=there.pk)
    assert post(site, now) == Posted(0, 1)  # what is posted there already fills the maximum
    assert [one.fact_id for one in world.in_force(site.study)] == ["visit/2"]
    happened[1] = replace(happened[1], site_id=site.pk)
    assert post(site, now) == Posted(2, 1)
    assert {(one.fact_id, one.agreement_id) for one in world.in_force(site.study)} == {
        ("visit/1", second.agreement_id), ("visit/2", first.agreement_id),
    }  # fmt: skip
    happened.append(closed(site))
    post(site, now)
    assert Payable.objects.get(kind="RELEASE").agreement_id == first.agreement_id


def test_limits_stop_what_comes_later(site, now):
    agreement(site, now, fees=[{"most": 3, "most_per_subject": 2}], maximum=2500)
    happened.extend(visit(site, number, subject="S1" if number < 4 else "S2", on=world.BEGAN + timedelta(days=number))
                    for number in range(1, 7))  # fmt: skip
    post(site, now)
    assert [one[0] for one in amounts(site.study)] == ["visit/1", "visit/2"]


def test_what_is_not_in_force_or_not_due_is_not_paid(site, now):
    agreement(site, now, on=date(2024, 2, 10))
    happened.extend(
        [
            visit(site, 1, on=date(2024, 2, 9)),
            visit(site, 2, on=date(2024, 2, 10)),
            visit(site, 3, item="V2", on=date(2024, 2, 11)),
            visit(site, 4, on=now.date() + timedelta(days=1)),
        ]
    )
    assert len(pending_changes(site.study, now)) == 1
    post(site, now)
    assert [one[0] for one in amounts(site.study)] == ["visit/2"]


def test_a_treaty_holds_until_its_certificate_ends(site, now):
    share = TAXED | {"payee": world.payee("Clinic"), "treaty_percent": 0, "treaty_until": date(2024, 2, 10)}
    agreement(site, now, shares=[share])
    happened.extend([visit(site, 1, on=date(2024, 2, 10)), visit(site, 2, on=date(2024, 2, 11))])
    post(site, now)
    assert [one[5] for one in amounts(site.study)] == ["0", "-100"]


def test_what_sites_themselves_say_is_paid(north, now):
    site = world.elsewhere()
    with act(person("ada")):
        reached = {"study": site.study, "site": site, "kind": "OPERATIONAL", "to_status": "ACTIVATED"}
        make(SiteStatusEvent, **reached, effective_on=date(2024, 1, 9))
    agreement(site, now, fees=[{"code": "START", "trigger": FactKind.SITE_ACTIVATED, "item": ""}], on=date(2023, 1, 1))
    with act(person("fumi")):
        post_payables(study=site.study, at=now)
    (row,) = Payable.objects.filter(site=site)
    assert row.occurred_on == date(2024, 1, 9)
    assert row.source.startswith(f"CTMS: {site.number} came to “Activated” on 9 Jan 2024, recorded ")


def test_the_database_keeps_the_ledger_whole(site, now):
    agreement(site, now)
    happened.append(visit(site, 1))
    post(site, now)
    row = Payable.objects.get(site=site)
    columns = Payable.objects.values().get(site=site)
    del columns["id"]
    study = Study.objects.get(pk=site.study_id)
    entry = {"sponsor_id": study.sponsor_id, "study_id": study.pk}

    def at_once(write) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            write()
            cursor.execute("set constraints all immediate")

    for write in (
        lambda: Payable.objects.create(**columns),  # the same again
        lambda: Payable.objects.create(**columns | {"revision": 3, "follows_revision": 2}),  # a gap
        lambda: Payable.objects.create(**columns | {"fact_id": "visit/2", "net": 1}),
        lambda: LedgerEntry.objects.create(**entry, payable=row, account="CASH", amount=5),
        lambda: LedgerEntry.objects.create(**entry, payable=row, account="OWED", amount=5),
        lambda: LedgerEntry.objects.update(amount=5),
        lambda: Payable.objects.update(net=5),
    ):
        with act(person("fumi")), pytest.raises(DatabaseError):
            at_once(write)
    assert Payable.objects.values().get(site=site) == columns | {"id": row.pk}
