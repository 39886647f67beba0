"""Many rows at once, for what must cost the same at ten times as many."""

from ctms.accounts.models import ScopeKind
from ctms.accounts.services.scopes import new_scopes
from ctms.studies.models import StudyCountry
from sites.models import Facility, Site
from tests.factories import SiteFactory


def make_many_sites(count: int) -> None:
    """Sites of the seeded study in Germany, set-based."""
    country = StudyCountry.objects.select_related("scope", "study").get(country="DE")
    numbers = [f"ZZ-{number:04}" for number in range(count)]
    scopes = new_scopes(ScopeKind.SITE, ((country.scope, number) for number in numbers))
    facility = Facility.objects.first()
    Site.objects.bulk_create(
        SiteFactory.build(
            sponsor_id=country.sponsor_id, study=country.study, scope=scope, country=country, facility=facility,
            number=number,
        )
        for scope, number in zip(scopes, numbers, strict=True)
    )  # fmt: skip
