"""One factory per regulated model. Rows belong to the open sponsor and, in a study, to its seeded one."""

from datetime import UTC, date, datetime
from typing import Any

import factory
from django.contrib.auth.models import Group, Permission
from django.db import models

from audit.models import AccessEvent
from ctms.accounts import models as accounts
from ctms.core.acting import current_tenancy
from ctms.desk import models as desk
from ctms.studies import models as studies
from sites import models as sites

DAY = date(2024, 5, 6)
AT = datetime(2024, 5, 6, 10, tzinfo=UTC)


class Factory(factory.django.DjangoModelFactory):
    """Factories save with force_insert, as services do."""

    class Meta:
        abstract = True

    @classmethod
    def for_model(cls, model: type[models.Model]) -> "type[Factory]":
        """The factory of this model; LookupError where it has none."""
        for one in _all(cls):
            if not one._meta.abstract and one._meta.model is model:
                return one
        raise LookupError(f"{model._meta.label} has no factory: add one to tests/factories.py.")


def _all(cls: type[Factory]) -> list[type[Factory]]:
    return [cls, *(below for child in cls.__subclasses__() for below in _all(child))]


class OfSponsor(Factory):
    class Meta:
        abstract = True

    sponsor_id = factory.LazyFunction(lambda: current_tenancy().sponsor_id)


class OfStudy(OfSponsor):
    class Meta:
        abstract = True

    study = factory.LazyFunction(lambda: studies.Study.objects.get())


class SponsorFactory(Factory):
    class Meta:
        model = accounts.Sponsor

    code = factory.Sequence(lambda n: f"sponsor-{n}")
    name = factory.Sequence(lambda n: f"Sponsor {n}")


class UserFactory(Factory):
    class Meta:
        model = accounts.User

    username = factory.Sequence(lambda n: f"user{n}")
    full_name = factory.Sequence(lambda n: f"User {n}")
    password = "!"


class OrganisationFactory(OfSponsor):
    class Meta:
        model = accounts.Organisation

    kind = accounts.OrganisationKind.VENDOR
    name = factory.Sequence(lambda n: f"Organisation {n}")


class MembershipFactory(Factory):
    class Meta:
        model = accounts.Membership

    sponsor_id = factory.LazyFunction(lambda: current_tenancy().sponsor_id)
    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    starts_on = DAY


class ScopeFactory(OfSponsor):
    class Meta:
        model = accounts.Scope

    kind = accounts.ScopeKind.STUDY
    parent = factory.LazyFunction(lambda: accounts.Scope.objects.get(path="/"))
    path = factory.Sequence(lambda n: f"/t{n}/")
    label = factory.Sequence(lambda n: f"Scope {n}")


class ScopeGroupPermissionFactory(OfSponsor):
    class Meta:
        model = accounts.ScopeGroupPermission

    group = factory.LazyFunction(lambda: Group.objects.order_by("id").first())
    permission = factory.LazyFunction(lambda: Permission.objects.get(codename="role_cta"))
    content_object = factory.SubFactory(ScopeFactory)


class AssignmentFactory(OfSponsor):
    class Meta:
        model = accounts.Assignment

    user = factory.SubFactory(UserFactory)
    role = "CTA"
    scope = factory.SubFactory(ScopeFactory)
    group = factory.LazyFunction(lambda: Group.objects.order_by("id").first())
    starts_on = DAY


class DelegationFactory(OfSponsor):
    class Meta:
        model = accounts.Delegation

    organisation = factory.SubFactory(OrganisationFactory, kind="CRO")
    scope = factory.SubFactory(ScopeFactory)
    roles = ("CRA",)
    starts_on = DAY
    document = "Transfer of obligations"


class ApiTokenFactory(OfSponsor):
    class Meta:
        model = accounts.ApiToken

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"Token {n}")
    created_at = AT
    expires_at = datetime(2034, 5, 6, tzinfo=UTC)
    ending = "abcd"


class ProgrammeFactory(OfSponsor):
    class Meta:
        model = studies.Programme

    code = factory.Sequence(lambda n: f"P{n}")
    name = factory.Sequence(lambda n: f"Programme {n}")


class StudyFactory(OfSponsor):
    class Meta:
        model = studies.Study

    scope = factory.SubFactory(ScopeFactory)
    protocol_no = factory.Sequence(lambda n: f"STUDY-{n}")
    slug = factory.SelfAttribute("protocol_no")
    title = "A study"


class StudyCountryFactory(OfStudy):
    class Meta:
        model = studies.StudyCountry

    scope = factory.SubFactory(ScopeFactory, kind="COUNTRY")
    country = factory.Iterator(["SE", "NO", "DK", "FI", "PT"])


class ArmFactory(OfStudy):
    class Meta:
        model = studies.Arm

    label = factory.Sequence(lambda n: f"Arm {n}")
    position = 9


class ImportRunFactory(OfStudy):
    class Meta:
        model = studies.ImportRun

    source_system = "ClinicalTrials.gov"
    source_record_id = "NCT00000000"
    imported_at = AT
    file_name = "record.json"
    payload_sha256 = factory.Sequence(lambda n: f"{n:064}")


class ImportFindingFactory(OfStudy):
    class Meta:
        model = studies.ImportFinding

    run = factory.SubFactory(ImportRunFactory)
    position = factory.Sequence(lambda n: n)
    code = "NOTE"
    where = "somewhere"
    message = "Something."


class ExternalClaimFactory(OfStudy):
    class Meta:
        model = studies.ExternalClaim

    scope = factory.LazyAttribute(lambda claim: claim.study.scope)
    topic = factory.Sequence(lambda n: f"topic {n}")
    value = "RECRUITING"
    run = factory.SubFactory(ImportRunFactory)


class ProtocolVersionFactory(OfStudy):
    class Meta:
        model = studies.ProtocolVersion

    version = factory.Sequence(lambda n: f"{n}.0")


class ProtocolEffectFactory(OfStudy):
    class Meta:
        model = studies.ProtocolEffect

    protocol_version = factory.SubFactory(ProtocolVersionFactory)
    scope = factory.SubFactory(ScopeFactory, kind="COUNTRY")
    effective_on = DAY


class VisitScheduleFactory(OfStudy):
    class Meta:
        model = studies.VisitSchedule

    number = factory.Sequence(lambda n: n + 50)


class ScheduledVisitFactory(OfStudy):
    class Meta:
        model = studies.ScheduledVisit

    schedule = factory.SubFactory(VisitScheduleFactory)
    code = "V1"
    label = "Visit 1"
    position = factory.Sequence(lambda n: n)


class ScheduledContactFactory(OfStudy):
    class Meta:
        model = studies.ScheduledContact

    schedule = factory.SubFactory(VisitScheduleFactory)
    code = "C1"
    label = "Contact 1"
    position = factory.Sequence(lambda n: n)


class ScheduledActivityFactory(OfStudy):
    class Meta:
        model = studies.ScheduledActivity

    schedule = factory.SubFactory(VisitScheduleFactory)
    name = "Vital signs"
    position = factory.Sequence(lambda n: n)


class ContactActivityFactory(OfStudy):
    class Meta:
        model = studies.ContactActivity

    schedule = factory.SubFactory(VisitScheduleFactory)
    contact = factory.SubFactory(ScheduledContactFactory, schedule=factory.SelfAttribute("..schedule"))
    activity = factory.SubFactory(ScheduledActivityFactory, schedule=factory.SelfAttribute("..schedule"))
    position = 1


class FacilityFactory(OfSponsor):
    class Meta:
        model = sites.Facility

    name = factory.Sequence(lambda n: f"Hospital {n}")
    city = "Bergen"
    country = "NO"


class PersonFactory(OfSponsor):
    class Meta:
        model = sites.Person

    name = factory.Sequence(lambda n: f"Dr. Person {n}")


class SiteFactory(OfStudy):
    class Meta:
        model = sites.Site

    scope = factory.SubFactory(ScopeFactory, kind="SITE")
    country = factory.LazyAttribute(lambda site: site.study.studycountry_set.order_by("id").first())
    facility = factory.SubFactory(FacilityFactory)
    number = factory.Sequence(lambda n: f"T-{n}")
    status_on = DAY


class SiteStatusEventFactory(OfStudy):
    class Meta:
        model = sites.SiteStatusEvent

    site = factory.SubFactory(SiteFactory)
    kind = "OPERATIONAL"
    move = "contact"
    to_status = "CONTACTED"
    effective_on = DAY
    recorded_at = AT


class SiteEvidenceFactory(OfStudy):
    class Meta:
        model = sites.SiteEvidence

    site = factory.SubFactory(SiteFactory)
    code = "SIV"
    occurred_on = DAY
    reference = "eTMF 1"
    recorded_at = AT


class SitePersonnelFactory(OfStudy):
    class Meta:
        model = sites.SitePersonnel

    site = factory.SubFactory(SiteFactory)
    person = factory.SubFactory(PersonFactory)
    role = "COORDINATOR"


class MigrationBatchFactory(OfStudy):
    class Meta:
        model = sites.MigrationBatch

    number = factory.Sequence(lambda n: n + 50)
    status = "SIGNED_OFF"
    source = "The system before"
    made_at = AT
    made_by = factory.SubFactory(UserFactory)


class MigrationLineFactory(OfStudy):
    class Meta:
        model = sites.MigrationLine

    batch = factory.SubFactory(MigrationBatchFactory)
    site = factory.SubFactory(SiteFactory)
    status = "ACTIVATED"
    since = DAY
    proof = "eTMF 1"


class AccessEventFactory(Factory):
    class Meta:
        model = AccessEvent

    kind = "EXPORTED"
    sponsor_id = factory.LazyFunction(lambda: current_tenancy().sponsor_id)


class CalendarLinkFactory(OfSponsor):
    class Meta:
        model = desk.CalendarLink

    user = factory.SubFactory(UserFactory)
    ending = "a1b2"
    created_at = AT


def make(model: type[models.Model], **values: Any) -> Any:
    """A saved row of this model."""
    return Factory.for_model(model).create(**values)


from tests import (  # noqa: E402, F401 - these count too
    feed_factories,
    finance_factories,
    milestone_factories,
    monitoring_factories,
    signing_factories,
    startup_factories,
)
