"""Payment runs: who may do what, how often, and what the ERP says."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import Signature
from ctms.accounts.models import Organisation, Scope
from ctms.accounts.roles import Role
from ctms.accounts.services.grants import assign_role
from ctms.core.refusals import NotAllowed, Refusal
from finance.erp import payments_csv, read_confirmations, remittance_csv
from finance.models import Agreement, BankDetail, LedgerEntry, PaymentLine, PaymentRequest, PaymentRun, RunStatus
from finance.queries import in_force, remittance_lines, settlement, with_versions
from finance.services import agreements, banking, runs
from finance.services.runs import Confirmed
from tests.api.client import Program
from tests.conftest import act, person, signed_in
from tests.factories import make
from tests.finance import world
from tests.finance.world import agreement, balances, happened, visit
from tests.signing import proof

pytestmark = [pytest.mark.django_db, pytest.mark.shows("04-7")]
UNTIL = date(2024, 3, 1)


@pytest.fixture
def site(north, settings):
    with world.nothing_yet(settings):
        yield world.elsewhere()


@pytest.fixture
def run(site, now):
    agreement(site, now, maximum=10**6)
    happened.append(visit(site, 1))
    return calculated(site, now)


def calculated(site, now, until=UNTIL) -> PaymentRun:
    fumi = person("fumi")
    with act(fumi):
        return runs.calculate_run(study=site.study, until=until, by=fumi, at=now)


def moved(run, move, who, now, kind="", reason="Because") -> PaymentRun:
    by = person(who)
    signature = proof(run, by, now, kind=kind) if kind else None
    with act(by):
        return runs.move_run(run=run, move=move, by=by, at=now, proof=signature, reason=reason)


def confirmed(run, now) -> PaymentRun:
    return moved(run, "confirm", "mara", now, "review")


def refused(code, run, *move, kind=Refusal):
    before = PaymentRun.objects.values().get(pk=run.pk)
    with pytest.raises(kind) as error:
        moved(run, *move)
    assert error.value.code == code
    assert PaymentRun.objects.values().get(pk=run.pk) == before
    return error.value


def verified_bank(run, now, by="noor") -> None:
    for asked in run.requests.all():
        fumi, noor = person("fumi"), person(by)
        with act(fumi):
            detail = banking.propose_bank_detail(
                study=run.study, payee=asked.payee, vendor_no="=4711", account_ending="4711", by=fumi, at=now
            )
        with act(noor):
            banking.move_bank_detail(detail=detail, move="verify", reason="Called back", by=noor, at=now)
            BankDetail.objects.filter(pk=detail.pk).update(usable_from=now.date())


def test_from_calculation_to_the_money(run, site, now):
    run = moved(confirmed(run, now), "approve", "noor", now, "approval")
    assert run.status == RunStatus.APPROVED
    assert "not verified" in refused("GUARD", run, "release", "noor", now).message
    verified_bank(run, now)
    run = moved(run, "release", "noor", now)
    (asked,) = run.requests.all()
    assert "'=4711" in payments_csv(run)
    told = read_confirmations(
        f"reference;amount;currency;paid_on;document\n{asked.reference};1000.00;EUR;2024-03-11;E1\n".encode()
    )
    fumi = person("fumi")
    with act(fumi):
        wrong = replace(told[0], amount=Decimal("999.99"))
        outcome = runs.record_confirmations(run=run, told=[wrong], by=fumi, at=now)
        assert (outcome.added, len(outcome.refused)) == (0, 1)
        entries = LedgerEntry.objects.count()
        assert runs.record_confirmations(run=run, told=told * 2, by=fumi, at=now).added == 1
        run.refresh_from_db()
        assert run.status == RunStatus.PAID
        assert runs.record_confirmations(run=run, told=told, by=fumi, at=now).known == 1
        other = Confirmed("Not ours", Decimal(5), "EUR", UNTIL, "E2")
        assert len(runs.record_confirmations(run=run, told=[other], by=fumi, at=now).refused) == 1
    assert LedgerEntry.objects.count() == entries + 2
    assert sum(balances(site.study).values()) == 0
    stand = settlement(site.agreements.get(), on=UNTIL)
    assert (stand.earned, stand.paid, stand.open) == (1000, 1000, 0)


def test_what_was_signed_of_money_is_for_who_sees_money(run, now):
    confirmed(run, now)
    signature = Signature.objects.get(model="finance.PaymentRun", object_id=run.pk)
    for name, status in {"fumi": 200, "mara": 200, "lena": 404, "ines": 404}.items():
        for address in ("", "pdf/"):
            assert signed_in(name).get(f"/in/north/signatures/{signature.pk}/{address}").status_code == status, name
    lenas = Program("lena")
    assert lenas.get(f"/api/v1/history/?record=audit.signature:{signature.pk}").status_code == 404


def test_a_file_of_the_erp_is_entered_by_as_many_statements_as_one_row(site, now):
    shares = [{"payee": world.payee(name), "share": 25, "is_primary": name == "A"} for name in "ABCD"]
    agreement(site, now, shares=shares)
    happened.append(visit(site, 1))
    run = calculated(site, now)
    with act(person("ada")):
        PaymentRun.objects.filter(pk=run.pk).update(status=RunStatus.RELEASED)
    told = [Confirmed(one.reference, one.net, "EUR", UNTIL, f"E-{one.pk}") for one in run.requests.all()]
    counted, fumi = [], person("fumi")
    for rows in (told[:1], told):
        with act(fumi), CaptureQueriesContext(connection) as asked:
            outcome = runs.record_confirmations(run=run, told=rows, by=fumi, at=now)
        writes = [one["sql"] for one in asked.captured_queries if one["sql"].startswith("INSERT INTO")]
        counted.append((outcome.added, len(writes)))
    assert counted == [(1, 2), (3, 2)]
    assert PaymentRun.objects.get(pk=run.pk).status == RunStatus.PAID
    assert balances(site.study)["CASH"] == -1000


def test_who_prepared_confirmed_edited_or_changed_the_bank_does_not_approve(run, site, now):
    assert refused("MAY_NOT_MOVE", run, "confirm", "fumi", now, kind=NotAllowed)
    confirmed(run, now)
    nils = world.another("nils", Role.FINANCE_APPROVER)
    with act(person("ada")):
        for role in (Role.FINANCE_ANALYST, Role.STUDY_MANAGER):
            assign_role(user=nils, role=role, scope=Scope.objects.get(path="/"), starts_on=world.BEGAN,
                        by=person("ada"))  # fmt: skip
    payee = run.requests.get().payee
    with act(nils):
        detail = banking.propose_bank_detail(
            study=site.study, payee=payee, vendor_no="1", account_ending="4711", by=nils, at=now
        )
    assert "bank details" in refused("GUARD", run, "approve", "nils", now, "approval").message
    with act(person("noor")):
        banking.move_bank_detail(detail=detail, move="reject", reason="Wrong", by=person("noor"), at=now)
    with act(nils):
        runs.recalculate_run(run=run, by=nils, at=now)
    run.refresh_from_db()
    confirmed(run, now)
    assert "prepared" in refused("GUARD", run, "approve", "nils", now, "approval").message


def test_who_edited_the_payees_of_an_agreement_does_not_approve_its_payments(site, now):
    nils = world.another("nils", Role.FINANCE_APPROVER)
    with act(person("ada")):
        assign_role(user=nils, role=Role.FINANCE_ANALYST, scope=Scope.objects.get(path="/"), starts_on=world.BEGAN,
                    by=person("ada"))  # fmt: skip
    first = agreement(site, now)
    with act(person("fumi")):
        draft = agreements.amend(agreement=first.agreement, by=person("fumi"))
    with act(nils):
        agreements.edit_part(
            part=draft.shares.get(), changes={"vat_code": "STANDARD", "vat_percent": Decimal(20)}, read_version=None,
            by=nils,
        )  # fmt: skip
    world.approve(draft, person("noor"), now)
    happened.append(visit(site, 1))
    run = confirmed(calculated(site, now), now)
    assert run.requests.get().net == 1200
    assert "edited" in refused("GUARD", run, "approve", "nils", now, "approval").message
    assert moved(run, "approve", "noor", now, "approval").status == RunStatus.APPROVED


def test_bank_details_changed_after_the_release_are_for_the_next_run(run, now):
    moved(confirmed(run, now), "approve", "noor", now, "approval")
    verified_bank(run, now)
    moved(run, "release", "noor", now)
    before, (asked,) = payments_csv(run), run.requests.all()
    with act(person("ada")):
        PaymentRequest.objects.filter(pk=asked.pk).update(bank=None)
    address = f"/in/north/s/{run.study.slug}/payment-runs/{run.number}/erp/"
    assert signed_in("fumi").get(address).status_code == 409
    with pytest.raises(Refusal, match="without bank details"):
        payments_csv(run)
    with act(person("ada")):
        PaymentRequest.objects.filter(pk=asked.pk).update(bank=asked.bank)
    with act(person("fumi")):
        detail = banking.propose_bank_detail(
            study=run.study, payee=asked.payee, vendor_no="9", account_ending="9999", by=person("fumi"), at=now
        )
    with act(person("noor")):
        banking.move_bank_detail(detail=detail, move="verify", reason="Called back", by=person("noor"), at=now)
    assert "4711" in before
    assert payments_csv(run) == before


def test_the_cooling_off_of_bank_details_counts_the_working_days_of_the_payees_country(run, now):
    payee, before_easter = run.requests.get().payee, now.replace(month=3, day=27)
    with act(person("ada")):
        Organisation.objects.filter(pk=payee.pk).update(country="DE")
        stranger = make(Organisation)
    with act(person("fumi")):
        with pytest.raises(Refusal, match="no payee of this study"):
            banking.propose_bank_detail(
                study=run.study, payee=stranger, vendor_no="1", account_ending="4711", by=person("fumi"), at=now
            )
        detail = banking.propose_bank_detail(
            study=run.study, payee=payee, vendor_no="1", account_ending="4711", by=person("fumi"), at=now
        )
    with act(person("noor")):
        detail = banking.move_bank_detail(
            detail=detail, move="verify", reason="Called back", by=person("noor"), at=before_easter
        )
    assert detail.usable_from == date(2024, 4, 3)


def test_bands_ask_for_more_approvers_and_nobody_counts_twice(site, now):
    agreement(site, now, fees=[{"amount": Decimal("10000.00")}])
    happened.append(visit(site, 1))
    run = confirmed(calculated(site, now), now)
    run = moved(run, "approve", "noor", now, "approval")
    assert run.status == RunStatus.CONFIRMED
    assert "already" in refused("GUARD", run, "approve", "noor", now, "approval").message
    world.another("nils", Role.FINANCE_APPROVER)
    assert moved(run, "approve", "nils", now, "approval").status == RunStatus.APPROVED


def test_what_changed_since_stops_the_approval_until_it_is_calculated_again(run, site, now):
    confirmed(run, now)
    happened.append(visit(site, 2))
    assert runs.recomputed(run, now) == runs.Recomputed([], 1)
    happened[0] = replace(happened[0], quantity=Decimal(2))
    (line,) = runs.recomputed(run, now).changed
    assert (line.payable.net, line.after) == (1000, 2000)
    happened[:] = [replace(happened[0], item="V2")]
    (line,) = runs.recomputed(run, now).changed
    assert (line.payable.net, line.after) == (1000, None)
    assert "calculate it again" in refused("CHANGED_SINCE", run, "approve", "noor", now, "approval").message
    fumi = person("fumi")
    with act(fumi):
        run = runs.recalculate_run(run=run, by=fumi, at=now)
    assert run.status == RunStatus.CALCULATED
    assert not run.requests.filter(rolls_forward=False).exists()
    assert "nothing to pay" in refused("GUARD", run, "confirm", "mara", now, "review").message


def test_sent_back_it_has_to_be_signed_anew(run, now):
    confirmed(run, now)
    run = moved(run, "send_back", "noor", now)
    assert (run.status, run.calculation) == (RunStatus.CALCULATED, 2)
    run = moved(confirmed(run, now), "approve", "noor", now, "approval")
    assert run.status == RunStatus.APPROVED


def test_nothing_is_paid_by_two_runs(run, site, now):
    with act(person("fumi")), pytest.raises(Refusal), transaction.atomic():
        runs.calculate_run(study=site.study, until=UNTIL, by=person("fumi"), at=now)
    moved(confirmed(run, now), "approve", "noor", now, "approval")
    second = calculated(site, now)
    assert not second.requests.exists()
    line = PaymentLine.objects.get(study=site.study)
    with act(person("fumi")), pytest.raises(IntegrityError), transaction.atomic():
        make(PaymentLine, study=site.study, payable=line.payable, request=line.request)


def test_what_a_cancelled_run_lets_go_comes_into_no_payment_that_was_summed_without_it(run, site, now, monkeypatch):
    run = moved(confirmed(run, now), "approve", "noor", now, "approval")
    happened.append(visit(site, 2))
    ask = PaymentRequest.objects.bulk_create

    def ask_while_another_cancels(rows):
        made = ask(rows)
        PaymentLine.objects.filter(request__run=run).update(removed=True)
        return made

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(PaymentRequest.objects, "bulk_create", ask_while_another_cancels)
        with pytest.raises(IntegrityError, match="add up"), transaction.atomic():
            calculated(site, now)
    assert PaymentLine.objects.get(study=site.study).request.run == run
    with CaptureQueriesContext(connection) as asked:
        moved(run, "cancel", "fumi", now)
    first = next(one["sql"] for one in asked.captured_queries if "FOR UPDATE" in one["sql"])
    assert 'FROM "finance_agreement"' in first  # as who calculates: one waits for the other
    assert calculated(site, now).requests.get().net == 2000


def test_an_amendment_that_holds_from_a_later_day_changes_nothing_before_it(site, now):
    first, later = agreement(site, now, maximum=3000), now.date() + timedelta(days=9)
    for number, effective_on in ((2, later), (3, world.BEGAN - timedelta(days=9))):
        draft = world.amended(first, effective_on=effective_on, maximum=10, terms_days=5, minimum_payment=10**6)
        assert world.approve(draft, person("noor"), now).number == number
    happened.append(visit(site, 1))
    asked = calculated(site, now).requests.get()
    assert (asked.net, asked.rolls_forward, asked.due_on) == (1000, False, now.date() + timedelta(days=30))
    ours = Agreement.objects.filter(pk=first.agreement_id)
    for day, number, maximum in ((now.date(), 1, 3000), (later, 2, 10), (world.BEGAN - timedelta(days=1), 3, 10)):
        assert in_force(day).get(agreement=ours.get()).number == with_versions(ours, on=day).get().approved == number
        assert settlement(ours.get(), on=day).maximum == maximum
    fumi = signed_in("fumi")
    place = f"/in/north/s/{site.study.slug}/agreements/"
    assert "Version 1" in fumi.get(place).content.decode()
    page = fumi.get(f"{place}{ours.get().pk}/")
    assert page.context["payees"][0]["share"].version == first
    assert "3,000.00" in page.content.decode()


def test_little_money_waits_and_what_is_taken_back_nets(site, now):
    agreement(site, now, minimum_payment=1500)
    happened.append(visit(site, 1))
    run = calculated(site, now)
    assert run.requests.get().rolls_forward
    moved(run, "cancel", "fumi", now)
    happened.append(visit(site, 2))
    run = calculated(site, now)
    assert (run.requests.get().net, run.requests.get().rolls_forward) == (2000, False)
    moved(confirmed(run, now), "approve", "noor", now, "approval")
    happened[:] = [happened[1], visit(site, 3), visit(site, 4), visit(site, 5)]
    run = calculated(site, now)
    assert run.requests.get().net == 2000  # three new ones, one taken back
    csv = remittance_csv(run.requests.get(), remittance_lines(run.requests.get()))
    assert csv.count("1000.00") == 8


def test_a_file_of_the_erp_is_taken_whole_or_not_at_all():
    for text, words in (
        ("reference,amount\nx,1", "lacks currency"),
        ("reference,amount,currency,paid_on,document\nx,NaN,EUR,2024-03-01,E", "more than nothing"),
        ("reference,amount,currency,paid_on,document\nx,1.5.0,EUR,2024-03-01,E", "Row 2"),
        ("reference,amount,currency,paid_on,document\nx,1,EUR,1.3.2024,E", "no day"),
        ("reference,amount,currency,paid_on,document\nx,1,EUR,2024-03-01,", "document is missing"),
        ("reference,amount,currency,paid_on,document\nx,1,EUR,2024-03-01,E\0", "no table"),
        ('reference,amount,currency,paid_on,document\nx,1,EUR,2024-03-01,"' + "E" * 200_000, "no table"),
    ):
        with pytest.raises(Refusal, match=words):
            read_confirmations(text.encode())
    with pytest.raises(Refusal, match="UTF-8"):
        read_confirmations(b"\xff\xfe")
