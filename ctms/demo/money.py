"""The demo's money: agreements with sites, and payment runs: paid, with the ERP, and one that waits for approval."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ctms.accounts.models import Organisation, OrganisationKind, User
from ctms.core.workdays import add_workdays
from ctms.demo.calendar import night, noon
from ctms.demo.pen import Pen
from ctms.demo.steps import Do, Step
from ctms.studies.models import Study
from finance.models import AgreementVersion, FactKind, Frequency, PaymentRun, RunStatus, VatCode
from finance.services import agreements, banking, runs
from finance.services.runs import Confirmed
from sites.models import Site

if TYPE_CHECKING:
    from ctms.demo.history import SiteStory

_S = RunStatus
_BEGINS = date(2024, 1, 11)  # earlier contracts are entered then


@dataclass(frozen=True)
class _Run:
    """A payment run, and how far it comes: on which day it is calculated, and how many days later the rest follows."""

    on: date
    confirmed: int | None = None
    approved: int | None = None
    released: int | None = None
    paid: int | None = None
    at: Callable[[date], datetime] = noon


_RUNS = (
    *(_Run(day, 0, 4, 5, 12) for day in (
        date(2024, 1, 29), date(2024, 3, 8), date(2024, 4, 10), date(2024, 5, 7), date(2024, 6, 6), date(2024, 7, 4),
    )),
    _Run(date(2024, 8, 6), 0, 2, 3),  # the ERP has not confirmed it yet
    _Run(date(2024, 9, 2), 0, at=night),  # once the day's visits were read, so that nothing of it changes until TODAY
)  # fmt: skip
_BEGAN = date(2023, 7, 3)
_CALLED = "Called back on the number in the contract"
_CURRENCY = {"US": "USD", "GB": "GBP", "PL": "PLN", "CZ": "CZK", "HU": "HUF", "JP": "JPY", "CH": "CHF"}
_WORTH = {"PLN": 4, "CZK": 25, "HUF": 400, "JPY": 160}  # what a fee of one euro is there
_VAT = {"DE": 19, "AT": 20, "FR": 20, "ES": 21, "IT": 22, "PL": 23, "CZ": 21, "HU": 27, "GB": 20, "BE": 21}
_FEES: tuple[tuple[str, str, str, str, int, bool], ...] = (
    ("START-UP", "Start-up fee", FactKind.SITE_ACTIVATED, "", 2500, False),
    ("CLOSE-OUT", "Close-out fee", FactKind.SITE_CLOSING, "", 900, True),
    ("SF", "Screen failure", FactKind.SCREEN_FAILURE, "", 160, True),
    ("VISIT", "Visit", FactKind.VISIT, "", 190, True),
)


def steps(stories: Sequence["SiteStory"], study: Study) -> list[Step]:
    """An agreement and bank details for each site that is going to be activated, and the payment runs."""
    found = [step for story in stories if story.activated for step in _contract(story, study)]
    for run in _RUNS:
        found += _payment(study, run)
    return found


def _contract(story: "SiteStory", study: Study) -> Iterator[Step]:
    """Drafted and proposed by the analyst once it is signed on paper, approved and verified by the approver."""
    assert story.siv_gate is not None
    site = story.site
    made: dict[str, Any] = {}
    vendor = 4_000_000 + site.pk
    country = site.country.country
    day = add_workdays(max(_BEGINS, story.siv_gate), 1, country)

    def enters(by: User, at: datetime, pen: Pen) -> None:
        made["version"], payee = _agree(site, by)
        made["bank"] = banking.propose_bank_detail(
            study=study, payee=payee, vendor_no=str(vendor), account_ending=f"{vendor * 7 % 10_000:04}", by=by, at=at
        )  # fmt: skip

    def approves(by: User, at: datetime, pen: Pen) -> None:
        version = made["version"]
        proof = pen.proof(version, kind="approval", by=by, at=at)
        agreements.move_version(version=version, move="approve", reason="As signed", by=by, proof=proof)

    def verifies(by: User, at: datetime, pen: Pen) -> None:
        banking.move_bank_detail(detail=made["bank"], move="verify", reason=_CALLED, by=by, at=at)

    yield Step(day, "fumi", "Contract as signed", enters)
    later = add_workdays(day, 4, "GB")
    yield Step(later, "noor", "As signed", approves)
    yield Step(later, "noor", _CALLED, verifies)


def _payment(study: Study, run: _Run) -> Iterator[Step]:
    """One run, as far as it comes: one that pays nothing stays where it is, and no other is calculated beside it."""

    def calculates(by: User, at: datetime, pen: Pen) -> None:
        if not PaymentRun.objects.filter(study=study, status__in=(_S.CALCULATED, _S.CONFIRMED)).exists():
            runs.calculate_run(study=study, until=run.on, by=by, at=at)

    def moves(move: str, before: str, kind: str = "") -> Do:
        def do(by: User, at: datetime, pen: Pen) -> None:
            one = PaymentRun.objects.filter(study=study, until=run.on, status=before).first()
            if one is not None and one.requests.filter(rolls_forward=False).exists():
                proof = pen.proof(one, kind=kind, by=by, at=at) if kind else None
                runs.move_run(run=one, move=move, by=by, at=at, proof=proof)

        return do

    def pays(by: User, at: datetime, pen: Pen) -> None:
        for one in PaymentRun.objects.filter(study=study, until=run.on, status=_S.RELEASED):
            told = [
                Confirmed(asked.reference, asked.net, asked.currency, at.date(), f"SIM-{asked.pk:06}")
                for asked in one.requests.filter(rolls_forward=False)
            ]
            runs.record_confirmations(run=one, told=told, by=by, at=at)

    yield Step(run.on, "fumi", "Calculating a payment run", calculates, by_person=False, at=run.at)
    for days, who, reason, do in (
        (run.confirmed, "mara", "Payment run: confirm", moves("confirm", _S.CALCULATED, "review")),
        (run.approved, "noor", "Payment run: approve", moves("approve", _S.CONFIRMED, "approval")),
        (run.released, "noor", "Payment run: release", moves("release", _S.APPROVED)),
        (run.paid, "fumi", "Confirmations of the ERP", pays),
    ):
        if days is not None:
            day = add_workdays(run.on + timedelta(days=days), 0, "GB")
            yield Step(day, who, reason, do, by_person=False, at=run.at)


def _agree(site: Site, fumi: User) -> tuple[AgreementVersion, Organisation]:
    """The draft of an agreement with one site, and who is paid by it."""
    country = site.country.country
    currency = _CURRENCY.get(country, "EUR")
    name = f"Research office {site.facility.city} ({site.number})"
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
    return version, payee


def _amount(euros: int, currency: str) -> Decimal:
    return Decimal(euros * _WORTH.get(currency, 1))
