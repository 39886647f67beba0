"""The people of the demo, and what they may do where. All invented; docs, tests and screenshots use the same."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ctms.accounts.models import Organisation, OrganisationKind, Scope, Sponsor, User
from ctms.accounts.roles import Role
from ctms.accounts.services.grants import assign_role, delegate
from ctms.accounts.services.passwords import set_password
from ctms.accounts.services.sponsors import add_member, create_sponsor
from ctms.core.acting import Channel, Service, acting, in_sponsor
from ctms.demo.calendar import BEGINS

SET_UP = Service("Demo set-up")


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in.

    Args:
        role: held at the whole sponsor, or at the study where `at_study` says so.
        countries: then the role is held there instead.
        organisation: who employs them; the sponsor itself by default.
        is_trained: whether the training of their role was complete when the study began.
    """

    username: str
    full_name: str
    sponsor: str
    role: Role
    at_study: bool = False
    countries: tuple[str, ...] = ()
    organisation: str = ""
    time_zone: str = "Europe/Berlin"
    is_trained: bool = True


SPONSORS = {"north": "Sponsor North", "south": "Sponsor South"}
CRO = "Kestrel Clinical"

ADMINISTRATORS = (
    Person("ada", "Ada Keller", "north", Role.ADMINISTRATOR),
    Person("sol", "Sol Jensen", "south", Role.ADMINISTRATOR),
)
CAST = (
    Person("petra", "Petra Novak", "north", Role.CLINICAL_OPERATIONS_LEAD, time_zone="Europe/Prague"),
    Person("mara", "Mara Lindqvist", "north", Role.STUDY_MANAGER, at_study=True, time_zone="Europe/Stockholm"),
    Person("lena", "Lena Hartmann", "north", Role.LEAD_CRA, at_study=True),
    Person("idris", "Idris Bello", "north", Role.CRA, countries=("AT", "DE", "HU", "PL"), organisation=CRO),
    Person("tom", "Tom Okafor", "north", Role.CTA, at_study=True, time_zone="Europe/London", is_trained=False),
    Person("fumi", "Fumi Tanaka", "north", Role.FINANCE_ANALYST, time_zone="Asia/Tokyo"),
    Person("noor", "Noor Rahman", "north", Role.FINANCE_APPROVER, time_zone="Europe/London"),
    Person("ines", "Ines Moreau", "north", Role.INSPECTOR, at_study=True, time_zone="Europe/Paris"),
    Person("otto", "Otto Brandt", "south", Role.STUDY_MANAGER, at_study=True),
)

# A delegation that ends soon after the day on which the demo is shown, for somebody's list of work.
_ENDING = {"Poland": timedelta(days=50)}


def monitor_of(country: str) -> str:
    """A CRO's monitor works in the countries of their role, the sponsor's lead CRA in the others."""
    return next((person.username for person in CAST if country in person.countries), "lena")


def make_sponsors() -> dict[str, Sponsor]:
    """The two sponsors, their organisations, and one administrator each, who grants everything else."""
    sponsors = {}
    for code, name in SPONSORS.items():
        with acting(SET_UP, reason="Setting up the demo", channel=Channel.COMMAND):
            sponsors[code] = sponsor = create_sponsor(code=code, name=name)
            with in_sponsor(sponsor.pk):
                Organisation.objects.create(sponsor=sponsor, kind=OrganisationKind.CRO, name=CRO, country="DE")
                for person in ADMINISTRATORS:
                    if person.sponsor == code:
                        _join(person, sponsor)
                        root = Scope.objects.get(path=Scope.ROOT)
                        assign_role(user=_user(person), role=person.role, scope=root, starts_on=BEGINS, by=None)
    return sponsors


def make_cast(sponsor: Sponsor, study: Any, *, until: date) -> dict[str, User]:
    """The sponsor's people with their roles, granted by its administrator. Inside the sponsor."""
    administrator = _user(next(person for person in ADMINISTRATORS if person.sponsor == sponsor.code))
    people = {}
    with acting(administrator, reason="Team of the study as approved", channel=Channel.WEB, by_person=True):
        for person in CAST:
            if person.sponsor != sponsor.code:
                continue
            people[person.username] = user = _join(person, sponsor)
            for scope in _scopes(person, study):
                if person.organisation:
                    _delegate(person, scope, administrator, until)
                assign_role(user=user, role=person.role, scope=scope, starts_on=BEGINS, by=administrator)
    return people


def set_passwords(password: str) -> None:
    """Gives all of them this password, where it is not theirs already."""
    with acting(SET_UP, reason="Password of the demo", channel=Channel.COMMAND, by_person=True):
        for person in (*ADMINISTRATORS, *CAST):
            user = _user(person)
            if not (user.has_usable_password() and user.check_password(password)):
                set_password(user=user, password=password, by=None)


def introduction() -> str:
    """Who is who, for people."""
    lines = [f"{'User':<8}{'Name':<18}{'Sponsor':<16}Role"]
    for person in (*CAST, *ADMINISTRATORS):
        who = f"{person.username:<8}{person.full_name:<18}{SPONSORS[person.sponsor]:<16}{person.role.label}"
        lines.append(who + _limits(person))
    return "\n".join(lines)


def _limits(person: Person) -> str:
    """What narrows the person's role, for people."""
    if person.countries:
        return f" in {', '.join(person.countries)}"
    if not person.is_trained:
        return " (before training)"
    return " (read-only)" if person.role == Role.INSPECTOR else ""


def _join(person: Person, sponsor: Sponsor) -> User:
    user = User.objects.filter(username=person.username).first()
    if user is None:
        user = User.objects.create_user(person.username, full_name=person.full_name, time_zone=person.time_zone)
    kind = OrganisationKind.CRO if person.organisation else OrganisationKind.SPONSOR
    add_member(sponsor=sponsor, user=user, organisation=Organisation.objects.get(kind=kind), starts_on=BEGINS)
    return user


def _user(person: Person) -> User:
    return User.objects.get(username=person.username)


def _scopes(person: Person, study: Any) -> list[Scope]:
    if person.countries:
        countries = study.studycountry_set.filter(country__in=person.countries).select_related("scope")
        return [country.scope for country in countries]
    return [study.scope] if person.at_study else [Scope.objects.get(path=Scope.ROOT)]


def _delegate(person: Person, scope: Scope, administrator: User, until: date) -> None:
    ending = _ENDING.get(scope.label)
    organisation = Organisation.objects.get(name=person.organisation)
    delegate(
        organisation=organisation, scope=scope, roles=[person.role], starts_on=BEGINS, by=administrator,
        ends_on=until + ending if ending else None,
        document="Transfer of obligations, signed 30 Jun 2023 (simulated)",
    )  # fmt: skip
