"""Factories of connections, feeds and subjects."""

import factory

from ctms.integrations import models as integrations
from ctms.studies.models import Study
from enrollment import models as enrollment
from tests.factories import AT, DAY, OfSponsor, OfStudy, SiteFactory


class SystemOfRecordFactory(OfSponsor):
    class Meta:
        model = integrations.SystemOfRecord

    scope = factory.LazyFunction(lambda: Study.objects.get().scope)
    domain = factory.Iterator(["SUBJECTS", "VISITS", "CONSENT", "SCREENING", "DISPENSING", "COMPLETION", "DOCUMENTS"])
    master = "EDC"


class ConnectionFactory(OfSponsor):
    class Meta:
        model = integrations.Connection

    scope = factory.LazyFunction(lambda: Study.objects.get().scope)
    name = factory.Sequence(lambda n: f"System {n}")
    format = "RWS"
    base_url = "https://edc.example/RaveWebServices/"
    source_study = "S(Prod)"


class MappingVersionFactory(OfSponsor):
    class Meta:
        model = integrations.MappingVersion

    connection = factory.SubFactory(ConnectionFactory)
    number = factory.Sequence(lambda n: n + 50)
    content = factory.LazyFunction(lambda: {"days": {"DM.ICFDT": "CONSENTED"}})


class FeedRunFactory(OfSponsor):
    class Meta:
        model = integrations.FeedRun

    connection = factory.SubFactory(ConnectionFactory)
    mapping = factory.LazyAttribute(lambda run: MappingVersionFactory(connection=run.connection))
    resource = "subjects"
    started_at = AT


class FeedItemFactory(OfSponsor):
    class Meta:
        model = integrations.FeedItem

    connection = factory.SubFactory(ConnectionFactory)
    run = factory.LazyAttribute(lambda item: FeedRunFactory(connection=item.connection))
    resource = "subjects"
    key = "A1"
    status = "REFUSED"
    reason = "It names no site."
    received_at = AT


class SubjectFactory(OfStudy):
    class Meta:
        model = enrollment.Subject

    site = factory.SubFactory(SiteFactory)
    number = factory.Sequence(lambda n: f"S-{n}")
    status = "CONSENTED"
    consented_on = DAY
    source_as_of = AT


class SubjectVisitFactory(OfStudy):
    class Meta:
        model = enrollment.SubjectVisit

    subject = factory.SubFactory(SubjectFactory)
    code = factory.Sequence(lambda n: f"V{n}")


class EnrolledDefinitionFactory(OfStudy):
    class Meta:
        model = enrollment.EnrolledDefinition

    milestone = "CONSENTED"


class DiscrepancyFactory(OfStudy):
    class Meta:
        model = enrollment.Discrepancy

    site = factory.SubFactory(SiteFactory)
    number = factory.Sequence(lambda n: f"S-{n}")
    difference = "DAY_DIFFERS"
    milestone = "CONSENTED"
    edc_says = "2024-05-06"
    irt_says = "2024-05-07"
    found_at = AT


class EnrollmentPlanFactory(OfStudy):
    class Meta:
        model = enrollment.EnrollmentPlan

    scope = factory.LazyAttribute(lambda plan: plan.study.scope)
    first_month = DAY.replace(day=1)
    subjects = factory.LazyFunction(lambda: [1, 2, 3])
