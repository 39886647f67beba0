"""Walks every address as every role and compares what answers with `tests/accounts/policy.py`.

For each role there is one person who holds it at a study and one who holds it at the sponsor itself. Pages are not
drawn: the matrix asks who gets in; what pages show is for tests/accounts/test_isolation.py.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zlib import crc32

from django.db import transaction
from django.template.backends.django import Template
from django.test import Client

from ctms.accounts.models import Curriculum, Organisation, OrganisationKind, Scope, Sponsor, User
from ctms.accounts.roles import VERBS, Role
from ctms.accounts.services.grants import assign_role
from ctms.accounts.services.sponsors import add_member
from ctms.core.acting import in_sponsor
from ctms.studies.models import (
    Arm,
    ProtocolEffect,
    ProtocolVersion,
    ScheduledContact,
    ScheduledVisit,
    Study,
    StudyCountry,
    VisitSchedule,
)
from finance.models import (
    Agreement,
    AgreementVersion,
    BankDetail,
    FeeLine,
    Payable,
    PayeeShare,
    PaymentRequest,
    PaymentRun,
)
from monitoring.models import Deviation, FollowUpItem, Letter, MonitoringVisit, ReportTemplate
from sites.models import (
    ItemWaiver,
    MigrationBatch,
    MigrationLine,
    Site,
    SiteEvidence,
    SitePersonnel,
    SiteStatusEvent,
    StartUpItem,
)
from tests.accounts import policy
from tests.accounts.addresses import filled, furnished
from tests.conftest import act, person, signed_in
from tests.factories import make
from tests.training import trained

FROM = date(2024, 1, 1)
OPEN, REFUSED, UNUSABLE = {200, 302}, {403, 404}, {403, 404, 405}
REACHED = {200, 302, 409, 422}  # a POST that came as far as the rules
_SOME = (Role.CLINICAL_OPERATIONS_LEAD, Role.ADMINISTRATOR)  # between them they may nearly everything
_OF_A_SITE = {"facility", "facility-edit", "person", "person-edit"}  # seen as far as their sites are
_KEY = {"site-correct": 0, "site-withdraw": 1}  # which of a second site's records the address means; else the last
_TWO = ((1, "A"), (2, "B"))
Places = dict[str, tuple[str, ...]]  # name -> its addresses


@dataclass
class House:
    """Sponsor North with a second study, and everybody who walks it."""

    at_study: dict[Role, Client] = field(default_factory=dict)
    at_sponsor: dict[Role, Client] = field(default_factory=dict)
    nobody: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    users_at_study: dict[Role, str] = field(default_factory=dict)
    own_keys: dict[str, list[Any]] = field(default_factory=dict)
    other_keys: dict[str, list[Any]] = field(default_factory=dict)
    own: Places = field(default_factory=dict)
    other_study: Places = field(default_factory=dict)
    other_sponsor: Places = field(default_factory=dict)


@contextmanager
def undrawn(monkeypatch: Any) -> Iterator[None]:
    """Templates give nothing: who gets in does not depend on them, and a walk takes a third of the time."""
    with monkeypatch.context() as patch:
        patch.setattr(Template, "render", lambda self, context=None, request=None: "")
        yield


def build(north: Sponsor, south: Sponsor) -> House:
    """Inside North. Everything lies in the test's transaction."""
    house, study = House(), Study.objects.get()
    house.own_keys = {**furnished(north), **_drafts(study)}
    house.own_keys |= _visit(Site.objects.get(number=house.own_keys["number"][0]))
    with act(person("mara")):
        waiver = make(ItemWaiver, item=StartUpItem.objects.get(pk=house.own_keys["item"][0]), status="ASKED")
    house.own_keys["waiver"] = [waiver.pk]
    with in_sponsor(south.pk):
        south_keys = furnished(south)
    house.own, house.other_sponsor = _places("north", house.own_keys), _places("south", south_keys)
    house.other_keys = {**house.own_keys, **_second_study()}
    house.other_study = {
        name: addresses
        for name, addresses in _places("north", house.other_keys).items()
        if "/s/" in addresses[0] or name in _OF_A_SITE
    }
    root, employer = Scope.objects.get(path=Scope.ROOT), Organisation.objects.get(kind=OrganisationKind.SPONSOR)
    ada = person("ada")
    for role in Role:
        for people, scope in ((house.at_study, study.scope), (house.at_sponsor, root)):
            with act(ada):
                user = make(User, username=f"{role.value.lower()}-{scope.kind.lower()}")
                add_member(sponsor=north, user=user, organisation=employer, starts_on=FROM)
                assign_role(user=user, role=role, scope=scope, starts_on=FROM, by=ada)
            trained(user, role)
            if scope is study.scope:
                house.users_at_study[role] = user.username
            people[role] = signed_in(user.username)
            people[role].raise_request_exception = False
    return house


def complaints(house: House, names: Iterable[str] | None = None, *, every: bool = False) -> list[str]:
    """Where somebody gets further, or less far, than the policy says; "" never.

    Args:
        names: only these addresses.
        every: each address meets every role; otherwise one role that may and one that may not, others for each address.
    """
    wanted = set(names or house.own)
    return [
        complaint
        for name in sorted(wanted & set(house.own))
        for complaint in (*_own(house, name, every), *_strangers(house, name, every))
    ]


def _own(house: House, name: str, every: bool) -> Iterator[str]:
    """Each role at its own study, and at the sponsor, where the address is the sponsor's."""
    opens, sends = (policy.verb_for(name, table) for table in (policy.OPENS, policy.SENDS))
    of_sponsor = name in policy.OF_THE_SPONSOR
    address = _right_one(house, name, opens, sends)
    for held_at, people in (("sponsor", house.at_sponsor), ("study", house.at_study)):
        if held_at == "sponsor" and not of_sponsor:
            continue  # reaches what is below, as a role at the study does: tests/accounts/test_grants.py
        asked = {**_asked(people, opens, name, every), **_asked(people, sends, name, every)}
        for role, client in asked.items():
            reaches = held_at == "sponsor" or not of_sponsor
            who = f"{role.value} at the {held_at}"
            may_open = reaches and has(role, opens) and has(role, policy.verb_of_place(address))
            yield from _differs(f"{who} opens {address}", _get(client, name, address), OPEN if may_open else UNUSABLE)
            may_send = reaches and has(role, sends) and has(role, policy.verb_of_place(address))
            expected = REACHED if may_send else UNUSABLE if sends == "" or not may_open else REFUSED
            yield from _differs(f"{who} sends to {address}", _post(client, name, address), expected)


def _strangers(house: House, name: str, every: bool) -> Iterator[str]:
    """Nobody signed in; and roles at a study and at a sponsor that are not theirs."""
    for address in house.own[name][:1]:
        answer = house.nobody.get(address)
        yield from _differs(f"Anybody opens {address}", answer.status_code, {302, 404, 405})
        yield from _differs(f"Anybody sends to {address}", _post(house.nobody, name, address), {302, 404, 405})
        if not (sign_in := answer.headers.get("Location", "/sign-in/")).startswith("/sign-in/"):
            yield f"Anybody opens {address}: sent to {sign_in}"
    opens, sends = (policy.verb_for(name, table) for table in (policy.OPENS, policy.SENDS))
    addresses = house.other_study.get(name, ())
    for address in addresses[_KEY.get(name, -1) :][:1]:
        # Only the place stands between them and what their verb would open; who lacks the verb was asked above.
        asked = {**_asked(house.at_study, opens, name, every), **_asked(house.at_study, sends, name, every)}
        for role, client in asked.items():
            who = f"{role.value} of another study"
            if has(role, opens):
                yield from _differs(f"{who} opens {address}", _get(client, name, address), UNUSABLE)
            if has(role, sends):
                yield from _differs(f"{who} sends to {address}", _post(client, name, address), UNUSABLE)
    for role in house.at_sponsor if every else _SOME[:1]:  # no view is reached: the middleware refuses any role
        for address in house.other_sponsor[name][:1]:
            who, client = f"{role.value} of another sponsor", house.at_sponsor[role]
            yield from _differs(f"{who} opens {address}", _get(client, name, address), {404})
            yield from _differs(f"{who} sends to {address}", _post(client, name, address), {404})


def _right_one(house: House, name: str, opens: str, sends: str) -> str:
    """Of the addresses with this name the one whose keys fit together: it opens to somebody who may."""
    addresses = house.own[name]
    able = [client for role, client in house.at_sponsor.items() if has(role, opens or sends)]
    if len(addresses) == 1 or not able:
        return addresses[0]
    ask = _get if opens else _post
    return next((address for address in addresses if ask(able[0], name, address) in OPEN | REACHED), addresses[0])


def _asked(people: Mapping[Role, Any], verb: str, name: str, every: bool) -> dict[Role, Any]:
    """Everybody; or somebody with the verb and somebody without it, who differ from address to address."""
    return (
        dict(people)
        if every
        else {role: people[role] for role in two_of(people, {role for role in people if has(role, verb)}, name)}
    )


def two_of(roles: Iterable[Role], able: Collection[Role], name: str) -> Iterator[Role]:
    """One that is able and one that is not, where there are such; the name decides which."""
    roles, turn = list(roles), crc32(name.encode())
    for wanted in (True, False):
        if those := [role for role in roles if (role in able) is wanted]:
            yield those[turn % len(those)]


def has(role: Role, verb: str) -> bool:
    """Whether the role includes what a line of the policy asks for."""
    return verb == policy.MEMBER or verb in VERBS[role]


def _get(client: Client, name: str, address: str) -> int:
    return int(client.get(address, _said(name, address) if name in policy.ASKED_WITH else {}).status_code)


def _post(client: Client, name: str, address: str) -> int:
    """Sent, and taken back."""
    with transaction.atomic():
        status = client.post(address, _said(name, address)).status_code
        transaction.set_rollback(True)
    return int(status)


def _said(name: str, address: str) -> Mapping[str, str]:
    home = "/".join(address.split("/")[:3]) + "/"
    return {key: value.format(home=home) for key, value in policy.SAID.get(name, {}).items()}


def _differs(what: str, status: int, expected: set[int]) -> Iterator[str]:
    if status not in expected:
        yield f"{what}: {status}, not one of {sorted(expected)}"


def _places(sponsor: str, keys: dict[str, list[Any]]) -> Places:
    found: dict[str, tuple[str, ...]] = {}
    for name, address in filled(sponsor, keys):
        found[name] = (*found.get(name, ()), address)
    return found


def _second_study() -> dict[str, list[Any]]:
    """Another study of the same sponsor with a country, a site and what belongs to it; its keys."""
    with act(person("mara")):
        study = make(Study)
        country = make(StudyCountry, study=study, country="NO", scope__parent=study.scope)
        site = make(Site, study=study, country=country)
        rows = [make(model, study=study, site=site) for model in (SiteStatusEvent, SiteEvidence, SitePersonnel)]
    return {
        **_drafts(study), "study": [study.slug], "country": ["no"], "number": [site.number],
        "facility": [site.facility_id], "person": [rows[2].person_id], "pk": [row.pk for row in rows],
        **_visit(site),
    }  # fmt: skip


def _visit(site: Site) -> dict[str, list[Any]]:
    """A visit of the site whose report is being written, and what belongs to it."""
    of = {"study": site.study, "site": site}
    with act(person("mara")):
        template = make(ReportTemplate)
        visit = make(MonitoringVisit, **of, status="DRAFT", starts_on=FROM, ends_on=FROM, template=template)
        letter = make(Letter, **of, visit=visit)
        item, deviation = make(FollowUpItem, **of), make(Deviation, **of)
    return {
        "trip": [visit.pk], "letter": [letter.pk], "follow_up": [item.number], "deviation": [deviation.number],
    }  # fmt: skip


def _drafts(study: Study) -> dict[str, list[Any]]:
    """What stands in the addresses of a study that is being set up: made, as the seeded one is ready."""
    with act(person("mara")):
        protocol = make(ProtocolVersion, study=study)
        country = study.studycountry_set.first()
        effect = make(ProtocolEffect, study=study, protocol_version=protocol, scope=country.scope)
        schedule = make(VisitSchedule, study=study)
        visits = [make(ScheduledVisit, study=study, schedule=schedule, code=code, position=at) for at, code in _TWO]
        contacts = [make(ScheduledContact, study=study, schedule=schedule, code=code, position=at) for at, code in _TWO]
        arm = make(Arm, study=study)
        curriculum = make(Curriculum)
        batch = make(MigrationBatch, study=study, status="DRAFT")
        line = make(MigrationLine, study=study, batch=batch, site=study.site_set.first())
        money = _money(study)
    return {
        "arm": [arm.pk], "protocol": [protocol.pk], "effect": [effect.pk], "schedule": [schedule.number],
        "visit": [visits[1].pk], "contact": [contacts[1].pk], "curriculum": [curriculum.pk],
        "batch": [batch.number], "line": [line.pk], **money,
    }  # fmt: skip


def _money(study: Study) -> dict[str, list[Any]]:
    """An agreement of which a version is drafted, and runs in every status in which something can be done."""
    site = Site.objects.filter(study=study, agreements=None).order_by("number")[0]
    agreement = make(Agreement, study=study, site=site)
    owed = {"study": study, "version": make(AgreementVersion, study=study, agreement=agreement, status="APPROVED")}
    payee = make(Organisation, kind=OrganisationKind.SITE)
    share, fee = make(PayeeShare, **owed, payee=payee), make(FeeLine, **owed)
    payable = make(Payable, study=study, fee=fee, share=share, payee=payee, agreement=agreement, site=site)
    PaymentRun.objects.filter(study=study, status__in=["CALCULATED", "CONFIRMED"]).update(status="CANCELLED")
    runs = [make(PaymentRun, study=study, status=status) for status in ("CONFIRMED", "RELEASED")]
    detail = make(BankDetail, study=study, payee=payee)
    asked = make(PaymentRequest, study=study, run=runs[1], payee=payee, bank=detail)
    draft = {"study": study, "version": make(AgreementVersion, study=study, agreement=agreement, number=2)}
    drafted = make(PayeeShare, **draft, payee=payee), make(FeeLine, **draft)
    return {
        "agreement": [agreement.pk], "version": [2], "share": [drafted[0].pk], "fee": [drafted[1].pk],
        "payable": [payable.pk], "run": [run.number for run in runs], "payment": [asked.pk], "payee": [payee.pk],
        "detail": [detail.pk],
    }  # fmt: skip
