"""All addresses of the house, filled in with what a sponsor really has."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from ctms.core.acting import in_sponsor

# Open to everybody; every other address wants a signed-in person.
PUBLIC = {"sign-in", "sign-in-code", "health", "style-guide", "calendar-feed"}
# For programs, which come with a token: tests/api/test_isolation.py walks them.
FOR_PROGRAMS = "api-"
# No sponsor's data behind them.
PERSONAL = {
    "home", "sign-out", "account", "account-history", "account-time-zone", "account-password", "account-second-step",
    "account-second-step-off", "account-recovery-codes", "account-end-session",
}  # fmt: skip

# The move of each address that makes one: of its own lifecycle, and the one that the policy speaks of.
MOVES = {
    "site-move": "close_out",
    "schedule-move": "approve",
    "baseline-move": "approve",
    "curriculum-move": "approve",
    "migration-move": "sign_off",
    "agreement-move": "approve",
    "run-move": "approve",
    "bank-move": "verify",
    "trip-move": "cancel",
    "follow-up-move": "withdraw",
    "deviation-move": "take_up",
    "deviation-candidate-move": "dismiss",
    "startup-waiver-move": "withdraw",
    "startup-configuration-move": "approve",
    "connection-move": "pause",
    "mapping-move": "approve",
    "discrepancy-move": "take",
}

NOBODYS = 0  # a key that no record has, of no sponsor: where there is none to be harvested


def patterns() -> Iterator[URLPattern]:
    """Every address pattern."""

    def below(resolver: URLResolver) -> Iterator[URLPattern]:
        for entry in resolver.url_patterns:
            yield from below(entry) if isinstance(entry, URLResolver) else [entry]

    yield from below(get_resolver())


def harvested(sponsor: Any) -> dict[str, list[Any]]:
    """What stands in this sponsor's addresses: keyword -> real values, newest rows last."""
    from audit.models import Signature
    from ctms.accounts.models import Assignment, Curriculum, Delegation
    from ctms.desk.models import Job, Mail, Notification, OutboxEntry, SavedView
    from ctms.integrations.models import Connection, MappingVersion, SourceFact
    from ctms.milestones.models import Baseline, Milestone
    from ctms.studies.models import ScheduledContact, ScheduledVisit, Study, VisitSchedule
    from enrollment.models import Discrepancy, Subject
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
    from monitoring.models import Deviation, DeviationCandidate, FollowUpItem, Letter, MonitoringVisit
    from sites.models import (
        ItemWaiver,
        Person,
        SiteEvidence,
        SitePersonnel,
        SiteStatusEvent,
        StartUpConfiguration,
        StartUpItem,
    )

    money: dict[str, Any] = {
        "agreement": Agreement, "share": PayeeShare, "fee": FeeLine, "payable": Payable, "payment": PaymentRequest,
        "detail": BankDetail,
    }  # fmt: skip
    desk: dict[str, Any] = {
        "job": Job, "view": SavedView, "notification": Notification, "mail": Mail, "entry": OutboxEntry
    }  # fmt: skip
    with in_sponsor(sponsor.pk):
        study = Study.objects.get()
        site = _place()
        keys = [
            model.objects.filter(site=site).values_list("pk", flat=True).last()
            for model in (SiteStatusEvent, SiteEvidence, SitePersonnel)
        ]
        somebody = Person.objects.filter(engagements__site=site).values_list("pk", flat=True).first() or NOBODYS
        trip = MonitoringVisit.objects.filter(site=site).order_by("-starts_on", "pk").first()
        said = SourceFact.objects.exclude(subject="")
        subject = Subject.objects.filter(number__in=said.values("subject")[:1]).first()
        version = VisitSchedule.objects.values_list("number", flat=True).first()
        return {
            "study": [study.slug],
            "country": [study.studycountry_set.order_by("country").values_list("country", flat=True)[0].lower()],
            "number": [site.number],
            "schedule": [version] if version else [1],
            "pk": [key for key in (*keys, Signature.objects.values_list("pk", flat=True).last()) if key],
            "curriculum": [Curriculum.objects.values_list("pk", flat=True).last()],
            **{name: [model.objects.values_list("pk", flat=True).last() or NOBODYS] for name, model in desk.items()},
            **{name: [model.objects.values_list("pk", flat=True).first() or NOBODYS] for name, model in money.items()},
            "version": [AgreementVersion.objects.values_list("number", flat=True).first() or NOBODYS],
            "payee": [PayeeShare.objects.values_list("payee", flat=True).first() or NOBODYS],
            "run": [PaymentRun.objects.values_list("number", flat=True).last() or NOBODYS],
            "milestone": [Milestone.objects.filter(scope=study.scope).values_list("pk", flat=True).last() or NOBODYS],
            "baseline": [Baseline.objects.filter(scope=study.scope).values_list("pk", flat=True).first() or NOBODYS],
            "arm": [study.arm_set.values_list("pk", flat=True)[0]],
            "facility": [site.facility_id],
            "first": [site.facility_id, somebody],
            "second": [site.facility_id, somebody],
            "person": [somebody],
            "protocol": [NOBODYS],
            "visit": [ScheduledVisit.objects.values_list("pk", flat=True).first() or NOBODYS],
            "contact": [ScheduledContact.objects.values_list("pk", flat=True).first() or NOBODYS],
            "step": ["up"],
            "connection": [Connection.objects.values_list("pk", flat=True).first() or NOBODYS],
            "subject": [subject.pk if subject else NOBODYS],
            "message": [said.values_list("pk", flat=True).first() or NOBODYS],
            "discrepancy": [Discrepancy.objects.values_list("pk", flat=True).first() or NOBODYS],
            "mapping": [MappingVersion.objects.values_list("number", flat=True).last() or NOBODYS],
            "domain": ["subjects"],
            "upload": [NOBODYS],
            "kind": ["sites"],
            "trip": [trip.pk if trip else NOBODYS],
            "letter": [Letter.objects.filter(visit=trip).values_list("pk", flat=True).last() or NOBODYS],
            "follow_up": [FollowUpItem.objects.filter(site=site).values_list("number", flat=True).first() or NOBODYS],
            "deviation": [Deviation.objects.filter(site=site).values_list("number", flat=True).first() or NOBODYS],
            "candidate": [DeviationCandidate.objects.filter(site=site).values_list("pk", flat=True).first() or NOBODYS],
            "batch": [NOBODYS],
            "item": [StartUpItem.objects.filter(site=site).values_list("pk", flat=True).last() or NOBODYS],
            "waiver": [ItemWaiver.objects.values_list("pk", flat=True).last() or NOBODYS],
            "configuration": [StartUpConfiguration.objects.values_list("number", flat=True).first() or NOBODYS],
            "line": [NOBODYS],
            "effect": [NOBODYS],
            "role": [Assignment.objects.values_list("pk", flat=True).last()],
            "delegation": [Delegation.objects.values_list("pk", flat=True).first() or NOBODYS],
            "member": [Assignment.objects.values_list("user", flat=True).last()],
        }


def _place() -> Any:
    """The site of the addresses."""
    from sites.models import Site

    site = Site.objects.filter(status_events__move="select").order_by("number").first() or Site.objects.first()
    assert site is not None
    return site


def furnished(sponsor: Any) -> dict[str, list[Any]]:
    """`harvested`, with another system and a subject made at this sponsor before; inside a test's transaction."""
    with in_sponsor(sponsor.pk):
        _connect()
    return harvested(sponsor)


def _connect() -> None:
    from ctms.core.acting import Channel, Service, acting
    from ctms.integrations.models import Connection, FeedItem, MappingVersion, SourceFact
    from enrollment.models import Discrepancy, Subject, SubjectVisit
    from monitoring.models import DeviationCandidate
    from sites.models import Site
    from tests.factories import make

    if Connection.objects.exists():
        return
    with acting(Service("Test"), reason="Something to walk over", channel=Channel.FEED):
        item = make(FeedItem)
        make(MappingVersion, connection=item.connection)
        site = Site.objects.order_by("number").first()
        make(SubjectVisit, subject=make(Subject, site=site, number="W-1"))
        run = item.run
        SourceFact.objects.create(
            sponsor_id=run.sponsor_id, connection=run.connection, run=run, resource="subjects", key="W-1",
            what="SUBJECT", version=1, as_of=run.started_at, place=site.number, subject="W-1", event="", state="",
            ref="",
        )  # fmt: skip
        make(Discrepancy, site=site, number="W-1")
    with acting(Service("Test"), reason="Something to walk over", channel=Channel.TASK):
        make(DeviationCandidate, site=_place())


def filled(sponsor_code: str, keys: dict[str, list[Any]]) -> Iterator[tuple[str, str]]:
    """(name, address) of every sponsor's page, each keyword filled with each of its values."""
    for name in sorted(of_sponsors()):
        others = [keyword for keyword in _keywords(name) if keyword != "sponsor"]
        for chosen in _combinations(others, keys, name):
            yield name, reverse(name, kwargs={"sponsor": sponsor_code, **chosen})


def of_sponsors() -> set[str]:
    """The names of all addresses inside a sponsor."""
    return {name for name in (str(pattern.name) for pattern in patterns()) if "sponsor" in _keywords(name)}


def _keywords(name: str) -> list[str]:
    ((_, keywords),) = [possibility[0] for possibility in get_resolver().reverse_dict.getlist(name)][:1][0]
    return list(keywords)


def _combinations(keywords: list[str], keys: dict[str, list[Any]], name: str) -> Iterator[dict[str, Any]]:
    if not keywords:
        yield {}
        return
    first, *rest = keywords
    source = "schedule" if first == "number" and name.startswith("schedule") else first
    for value in [MOVES[name]] if first == "move" else keys[source]:
        for others in _combinations(rest, keys, name):
            yield {first: value, **others}
