"""The demo's money: agreements with activated sites, a first payment run that was paid, and a second that waits."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ctms.accounts.models import Organisation, OrganisationKind, User
from ctms.core.acting import Channel, acting, on_simulated_day
from ctms.demo.calendar import TODAY, noon
from ctms.demo.pen import Pen
from ctms.studies.models import Study
from finance.models import FactKind, Frequency, PaymentRun, VatCode
from finance.services import agreements, banking, runs
from finance.services.runs import Confirmed
from sites.models import OperationalStatus, Site

_MOST = 12  # agreements; more would make the demo slow
_PREPARED, _SIGNED = TODAY - timedelta(days=60), TODAY - timedelta(days=53)
_FIRST_RUN, _PAID = TODAY - timedelta(days=42), TODAY - timedelta(days=32)
_BEGAN = date(2023, 7, 3)
_CURRENCY = {"US": "USD", "GB": "GBP", "PL": "PLN", "CZ": "CZK", "HU": "HUF", "JP": "JPY", "CH": "CHF"}
_WORTH = {"PLN": 4, "CZK": 25, "HUF": 400, "JPY": 160}  # what a fee of one euro is there
_VAT = {"DE": 19, "AT": 20, "FR": 20, "ES": 21, "IT": 22, "PL": 23, "CZ": 21, "HU": 27, "GB": 20, "BE": 21}
_FEES: tuple[tuple[str, str, str, str, int, bool], ...] = (
    ("START-UP", "Start-up fee", FactKind.SITE_ACTIVATED, "", 2500, False),
    ("CLOSE-OUT", "Close-out fee", FactKind.SITE_CLOSING, "", 900, True),
    ("SF", "Screen failure", FactKind.SCREEN_FAILURE, "", 480, True),
    ("VISIT", "Visit", FactKind.VISIT, "", 620, True),
)


def pay(people: dict[str, User], pen: Pen) -> None:
    """Everything that the demo's people did about money, each step through its service, on its day."""
    study = Study.objects.get()
    activated = Site.objects.filter(operational_status=OperationalStatus.ACTIVATED)
    sites = list(activated.select_related("country", "facility").order_by("status_on", "number"))
    if not sites:
        return
    if len(sites) > _MOST:  # the first, who were paid already, and the last, who wait
        sites = sites[: _MOST // 2] + sites[-_MOST // 2 :]
    fumi, noor, mara = people["fumi"], people["noor"], people["mara"]
    for site in sites:
        payee = _agree(site, fumi, noor, pen)
        _bank(study, payee, f"40{site.pk:05}", fumi, noor)
    run = _run(study, _FIRST_RUN, fumi)
    _sign(run, mara, noor, pen, _FIRST_RUN + timedelta(days=1))
    _release_and_settle(run, fumi, noor)
    last = _run(study, TODAY - timedelta(days=3), fumi)
    if last.requests.filter(rolls_forward=False).exists():
        _confirm(last, mara, pen, TODAY - timedelta(days=2))


def _agree(site: Site, fumi: User, noor: User, pen: Pen) -> Organisation:
    """An agreement with one site, drafted by the analyst and approved by the approver; who is paid by it."""
    country = site.country.country
    currency = _CURRENCY.get(country, "EUR")
    name = f"Research office {site.facility.city} ({site.number})"
    at = noon(_PREPARED)
    with on_simulated_day(at), acting(fumi, reason="Contract as signed", channel=Channel.WEB, by_person=True):
        payee = Organisation.objects.create(
            sponsor_id=site.sponsor_id, kind=OrganisationKind.SITE, name=name, country=country
        )
        version = agreements.new_agreement(
            site=site, number=f"CTA-{site.number}", currency=currency, by=fumi,
            terms={
                "effective_on": _BEGAN, "reference": f"eTMF-SIM-CTA-{site.number}", "frequency": Frequency.QUARTERLY,
                "overhead_percent": Decimal(25) if country == "US" else Decimal(15), "holdback_percent": Decimal(10),
                "failures_initial": 2, "failures_per": 1, "per_enrolled": 4, "failures_most": 10,
                "minimum_payment": _amount(200, currency),
            },
        )  # fmt: skip
        vat = Decimal(_VAT.get(country, 0))
        share = {"payee": payee, "share": Decimal(100), "is_primary": True, "vat_percent": vat,
                 "vat_code": VatCode.STANDARD if vat else VatCode.NONE}  # fmt: skip
        agreements.add_share(version=version, fields=share, by=fumi)
        for code, label, trigger, item, euros, has_holdback in _FEES:
            fee = {"code": code, "label": label, "trigger": trigger, "item": item, "has_holdback": has_holdback,
                   "amount": _amount(euros, currency)}  # fmt: skip
            agreements.add_fee(version=version, fields=fee, by=fumi)
    at = noon(_SIGNED)
    with on_simulated_day(at), acting(noor, reason="As signed", channel=Channel.WEB, by_person=True):
        proof = pen.proof(version, kind="approval", by=noor, at=at)
        agreements.move_version(version=version, move="approve", reason="As signed", by=noor, proof=proof)
    return payee


def _amount(euros: int, currency: str) -> Decimal:
    return Decimal(euros * _WORTH.get(currency, 1))


def _bank(study: Study, payee: Organisation, vendor_no: str, fumi: User, noor: User) -> None:
    at = noon(_PREPARED)
    with on_simulated_day(at), acting(fumi, reason="Form of the payee", channel=Channel.WEB, by_person=True):
        detail = banking.propose_bank_detail(
            study=study, payee=payee, vendor_no=vendor_no, account_ending=f"{int(vendor_no) * 7 % 10_000:04}", by=fumi,
            at=at,
        )  # fmt: skip
    at, reason = noon(_SIGNED), "Called back on the number in the contract"
    with on_simulated_day(at), acting(noor, reason=reason, channel=Channel.WEB, by_person=True):
        banking.move_bank_detail(detail=detail, move="verify", reason=reason, by=noor, at=at)


def _run(study: Study, on: date, fumi: User) -> PaymentRun:
    at = noon(on)
    with on_simulated_day(at), acting(fumi, reason="Calculating a payment run", channel=Channel.WEB):
        return runs.calculate_run(study=study, until=on, by=fumi, at=at)


def _confirm(run: PaymentRun, mara: User, pen: Pen, on: date) -> None:
    _move(run, "confirm", mara, on, "review", pen)


def _sign(run: PaymentRun, mara: User, noor: User, pen: Pen, on: date) -> None:
    _confirm(run, mara, pen, on)
    _move(run, "approve", noor, on + timedelta(days=1), "approval", pen)


def _move(run: PaymentRun, move: str, by: User, on: date, kind: str, pen: Pen) -> Any:
    at = noon(on)
    with on_simulated_day(at), acting(by, reason=f"Payment run: {move}", channel=Channel.WEB):
        run.refresh_from_db()
        proof = pen.proof(run, kind=kind, by=by, at=at) if kind else None
        return runs.move_run(run=run, move=move, by=by, at=at, proof=proof)


def _release_and_settle(run: PaymentRun, fumi: User, noor: User) -> None:
    at = noon(_FIRST_RUN + timedelta(days=3))
    with on_simulated_day(at), acting(noor, reason="Payment run: release", channel=Channel.WEB):
        runs.move_run(run=run, move="release", by=noor, at=at)
    told = [
        Confirmed(one.reference, one.net, one.currency, _PAID, f"SIM-{one.pk:06}")
        for one in run.requests.filter(rolls_forward=False)
    ]
    at = noon(_PAID)
    with on_simulated_day(at), acting(fumi, reason="Confirmations of the ERP", channel=Channel.WEB):
        runs.record_confirmations(run=run, told=told, by=fumi, at=at)
