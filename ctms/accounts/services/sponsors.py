"""Making sponsors, organisations and memberships."""

from datetime import date

from ctms.accounts.models import Membership, Organisation, OrganisationKind, Scope, ScopeKind, Sponsor, User
from ctms.core.acting import in_sponsor
from ctms.core.refusals import BadInput
from ctms.core.use_case import use_case


@use_case
def create_sponsor(*, code: str, name: str) -> Sponsor:
    """Makes a sponsor with its root scope and itself as an organisation."""
    if Sponsor.objects.filter(code=code).exists():
        raise BadInput("SPONSOR_EXISTS", f"A sponsor with the code {code} exists already.", fields={"code": "Taken."})
    sponsor = Sponsor(code=code, name=name)
    sponsor.full_clean()
    sponsor.save(force_insert=True)
    with in_sponsor(sponsor.pk):
        Scope.objects.create(sponsor=sponsor, kind=ScopeKind.SPONSOR, path=Scope.ROOT, label=name)
        Organisation.objects.create(sponsor=sponsor, kind=OrganisationKind.SPONSOR, name=name)
    return sponsor


@use_case
def add_member(
    *, sponsor: Sponsor, user: User, organisation: Organisation, starts_on: date, ends_on: date | None = None
) -> Membership:
    """Lets a person enter a sponsor as a member of one of its organisations."""
    membership = Membership(sponsor=sponsor, user=user, organisation=organisation, starts_on=starts_on, ends_on=ends_on)
    membership.full_clean()
    membership.save(force_insert=True)
    return membership
