"""What happened, for tests of money: facts that a test makes up, an agreement to pay them by, and people to sign."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ctms.accounts.models import Organisation, Scope, Sponsor, User
from ctms.accounts.roles import Role
from ctms.accounts.services.grants import assign_role
from ctms.accounts.services.sponsors import add_member
from ctms.studies.models import Study, StudyCountry
from finance.facts import PayableFact, telling
from finance.models import AgreementVersion, FactKind, LedgerEntry, Payable
from finance.services import agreements
from sites.models import Site
from tests.conftest import act, person
from tests.factories import make
from tests.signing import proof
from tests.training import trained

BEGAN = date(2024, 1, 1)
happened: list[PayableFact] = []


@telling(*FactKind)
def facts(study: Study) -> Iterable[PayableFact]:
    """`settings.PAYABLE_FACTS` of these tests."""
    return list(happened)


@contextmanager
def nothing_yet(settings: Any) -> Iterator[None]:
    settings.PAYABLE_FACTS = ["tests.finance.world.facts"]
    happened.clear()
    yield
    happened.clear()


def elsewhere() -> Site:
    """A site of another study, inside Mara's responsibility, about whose money nothing is known yet."""
    above = Study.objects.get().scope
    with act(person("ada")):
        study = make(Study, scope=make(Scope, parent=above, path=f"{above.path}other/"))
        make(StudyCountry, study=study)
        return make(Site, study=study, scope=make(Scope, kind="SITE", parent=study.scope, path=f"{study.scope.path}s/"))


def beside(site: Site) -> Site:
    """Another site of its study."""
    with act(person("ada")):
        above = site.study.scope
        return make(Site, study=site.study, scope=make(Scope, kind="SITE", parent=above, path=f"{above.path}t/"))


def visit(site: Site, number: int, *, item: str = "V1", subject: str = "", on: date = date(2024, 2, 1)) -> PayableFact:
    return PayableFact(f"visit/{number}", FactKind.VISIT, site.pk, on, subject or f"S{number}", item=item, source="EDC")


def failure(site: Site, number: int, *, on: date = date(2024, 2, 1)) -> PayableFact:
    return PayableFact(f"failure/{number}", FactKind.SCREEN_FAILURE, site.pk, on, f"F{number}", source="EDC")


def enrolled(site: Site, number: int) -> PayableFact:
    return PayableFact(f"enrolled/{number}", FactKind.ENROLLED, site.pk, date(2024, 2, 1), f"E{number}", source="IRT")


def closed(site: Site) -> PayableFact:
    return PayableFact(f"site/{site.pk}/CLOSED", FactKind.SITE_CLOSED, site.pk, date(2024, 3, 1), source="CTMS")


def payee(name: str) -> Organisation:
    known = Organisation.objects.filter(name=name).first()
    with act(person("ada")):
        return known or make(Organisation, kind="SITE", name=name)


def agreement(
    site: Site, at: datetime, *, currency: str = "EUR", fees: Iterable[dict[str, Any]] = (),
    shares: Iterable[dict[str, Any]] = (), on: date = BEGAN, **terms: Any,
) -> AgreementVersion:  # fmt: skip
    """An approved agreement, made as people make it. By default 1,000.00 for V1 to one payee who is not taxed."""
    fumi, noor = person("fumi"), person("noor")
    shares = list(shares) or [{"payee": payee("Clinic"), "share": 100, "is_primary": True}]
    with act(fumi):
        version = agreements.new_agreement(
            site=site, number=f"CTA-{site.number}", currency=currency, by=fumi,
            terms={"effective_on": on, "reference": "eTMF 7", **terms},
        )  # fmt: skip
        fill(version, fees, shares)
    return approve(version, noor, at)


def amended(version: AgreementVersion, **terms: Any) -> AgreementVersion:
    """A draft of the agreement's next version with other terms."""
    fumi = person("fumi")
    with act(fumi):
        draft = agreements.amend(agreement=version.agreement, by=fumi)
        return agreements.edit_terms(version=draft, changes=terms, read_version=None, by=fumi)


def fill(version: AgreementVersion, fees: Iterable[dict[str, Any]], shares: Iterable[dict[str, Any]]) -> None:
    fumi = person("fumi")
    usual = {"code": "V1", "label": "Visit 1", "trigger": FactKind.VISIT, "item": "V1", "amount": Decimal("1000.00")}
    for fee in list(fees) or [{}]:
        agreements.add_fee(version=version, fields=usual | fee, by=fumi)
    for share in shares:
        agreements.add_share(version=version, fields=share, by=fumi)


def approve(version: AgreementVersion, by: User, at: datetime) -> AgreementVersion:
    signature = proof(version, by, at)
    with act(by):
        return agreements.move_version(version=version, move="approve", reason="As signed", by=by, proof=signature)


def another(username: str, role: Role) -> User:
    """Somebody else with a role at the whole of the open sponsor, trained."""
    sponsor, employer = Sponsor.objects.get(code="north"), Organisation.objects.get(kind="SPONSOR")
    with act(person("ada")):
        user = make(User, username=username, full_name=username.title(), password=person("noor").password)
        add_member(sponsor=sponsor, user=user, organisation=employer, starts_on=BEGAN)
        assign_role(user=user, role=role, scope=Scope.objects.get(path="/"), starts_on=BEGAN, by=person("ada"))
    trained(user, role)
    return user


def amounts(study: Study) -> list[tuple[str, ...]]:
    """Each payable in force: what for, and its steps, in the order of facts."""
    rows = in_force(study)
    names = ("direct", "overhead", "holdback", "vat", "withholding", "net")
    return [(row.fact_id, *(str(getattr(row, name).normalize().__format__("f")) for name in names)) for row in rows]


def in_force(study: Study) -> list[Payable]:
    last: dict[tuple[Any, ...], Payable] = {}
    for row in Payable.objects.filter(study=study).order_by("fact_id", "item", "payee", "revision"):
        last[row.fact_id, row.item, row.occurrence, row.payee_id] = row
    return [row for row in last.values() if not row.is_reversal]


def balances(study: Study) -> dict[str, Decimal]:
    """Account -> its balance."""
    found: dict[str, Decimal] = {}
    for account, amount in LedgerEntry.objects.filter(study=study).values_list("account", "amount"):
        found[account] = found.get(account, Decimal(0)) + amount
    return found
