"""A sponsor with 20,000 sites in 50 studies, and people with parts of them, made by the same services as real ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import transaction

from ctms.accounts.models import Organisation, Scope, ScopeKind, Sponsor, User
from ctms.accounts.roles import Role
from ctms.accounts.services.grants import assign_role
from ctms.accounts.services.scopes import new_scopes
from ctms.accounts.services.sponsors import add_member, create_sponsor
from ctms.core.acting import Channel, Service, acting, in_sponsor
from ctms.studies.models import Study, StudyCountry
from sites.models import Facility, Site

SITES, STUDIES = 20_000, 50
DAY = date(2024, 1, 8)
_COUNTRIES = ("AT", "BE", "DE", "ES", "FR", "GB", "IT", "PL")


@contextmanager
def at_work(reason: str = "Measuring") -> Iterator[None]:
    """Inside a transaction, as the bench."""
    with acting(Service("Bench"), reason=reason, channel=Channel.COMMAND, by_person=True), transaction.atomic():
        yield


def populate() -> Sponsor:
    """A sponsor whose sites are all there; the people are `everything` (20,000 sites) and `some` (2,000)."""
    with at_work("Making what is measured"):
        sponsor = create_sponsor(code="bench", name="Bench")
        with in_sponsor(sponsor.pk):
            employer = Organisation.objects.get()
            root = Scope.objects.get(path=Scope.ROOT)
            studies = _studies(sponsor, root)
            _sites(sponsor, studies)
            scopes = [study.scope for study in studies]
            add_person(sponsor, employer, "everything", Role.CLINICAL_OPERATIONS_LEAD, [root])
            add_person(sponsor, employer, "some", Role.STUDY_MANAGER, scopes[:5])
    return sponsor


def _studies(sponsor: Sponsor, root: Scope) -> list[Study]:
    names = [f"STUDY-{number:02}" for number in range(STUDIES)]
    scopes = new_scopes(ScopeKind.STUDY, ((root, name) for name in names))
    return Study.objects.bulk_create(
        Study(sponsor=sponsor, scope=scope, protocol_no=name, slug=name, title=name)
        for scope, name in zip(scopes, names, strict=True)
    )


def _sites(sponsor: Sponsor, studies: list[Study]) -> None:
    places = [(study, code) for study in studies for code in _COUNTRIES]
    scopes = new_scopes(ScopeKind.COUNTRY, ((study.scope, code) for study, code in places))
    countries = StudyCountry.objects.bulk_create(
        StudyCountry(sponsor=sponsor, study=study, scope=scope, country=code)
        for (study, code), scope in zip(places, scopes, strict=True)
    )
    facilities = Facility.objects.bulk_create(
        Facility(sponsor=sponsor, name=f"Hospital {number}", city=f"City {number % 400}", country="DE")
        for number in range(SITES // 5)
    )
    each = SITES // len(countries)
    rows = [(country, f"{country.country}-{rank:03}") for country in countries for rank in range(each)]
    site_scopes = iter(new_scopes(ScopeKind.SITE, ((country.scope, number) for country, number in rows)))
    Site.objects.bulk_create(
        Site(
            sponsor=sponsor, study=country.study, scope=scope, country=country, number=number, status_on=DAY,
            facility=facilities[position % len(facilities)],
        )
        for position, ((country, number), scope) in enumerate(zip(rows, site_scopes, strict=True))
    )  # fmt: skip


def add_person(sponsor: Sponsor, employer: Organisation, name: str, role: Role, scopes: list[Scope]) -> None:
    user = User.objects.create_user(name, full_name=name.title())
    add_member(sponsor=sponsor, user=user, organisation=employer, starts_on=DAY)
    for scope in scopes:
        assign_role(user=user, role=role, scope=scope, starts_on=DAY, by=None)
