"""Factories of monitoring."""

import factory

from ctms.core.acting import Channel, Service, acting
from monitoring import models as monitoring
from tests.factories import AT, DAY, OfSponsor, OfStudy, SiteFactory, UserFactory
from tests.feed_factories import SubjectFactory, SubjectVisitFactory


class ReportTemplateFactory(OfSponsor):
    class Meta:
        model = monitoring.ReportTemplate

    code = "trip-report"
    version = factory.Sequence(lambda n: n + 50)
    title = "Visit report"
    content = factory.LazyFunction(lambda: {"sections": []})
    taken_at = AT


class OfSite(OfStudy):
    class Meta:
        abstract = True

    site = factory.SubFactory(SiteFactory, study=factory.SelfAttribute("..study"))


class CadenceFactory(OfSite):
    class Meta:
        model = monitoring.Cadence

    first_within_days = 28
    on_site_weeks = 12
    rationale = "As usual"


class MonitoringVisitFactory(OfSite):
    class Meta:
        model = monitoring.MonitoringVisit

    type = "IMV"
    number = factory.Sequence(lambda n: n + 50)
    label = factory.LazyAttribute(lambda visit: f"{visit.type} {visit.number}")
    monitor = factory.SubFactory(UserFactory)
    planned_on = DAY
    trigger = "Planned by hand"
    rationale = "As usual"


class OfVisit(OfSite):
    class Meta:
        abstract = True

    visit = factory.SubFactory(
        MonitoringVisitFactory, study=factory.SelfAttribute("..study"), site=factory.SelfAttribute("..site")
    )


class VisitEventFactory(OfVisit):
    class Meta:
        model = monitoring.VisitEvent

    move = "plan"
    to_status = "PLANNED"
    effective_on = DAY
    recorded_at = AT
    recorded_by = factory.SubFactory(UserFactory)


class ReportAnswerFactory(OfVisit):
    class Meta:
        model = monitoring.ReportAnswer

    code = "1.1"
    position = 1


class ReportVersionFactory(OfVisit):
    class Meta:
        model = monitoring.ReportVersion

    number = 1
    content = "{}"
    submitted_at = AT
    submitted_by = factory.SubFactory(UserFactory)


class ReviewCommentFactory(OfVisit):
    class Meta:
        model = monitoring.ReviewComment

    round = 1
    text = "Please say which."
    said_at = AT
    said_by = factory.SubFactory(UserFactory)


class LetterFactory(OfVisit):
    class Meta:
        model = monitoring.Letter

    kind = "CONFIRMATION"
    content = "{}"
    made_at = AT
    due_on = DAY


class FollowUpItemFactory(OfSite):
    class Meta:
        model = monitoring.FollowUpItem

    number = factory.Sequence(lambda n: n + 500)
    text = "Complete the delegation log"
    severity = "MINOR"
    owner = "SITE"
    due_on = DAY
    raised_at = AT
    raised_by = factory.SubFactory(UserFactory)


class FollowUpEventFactory(OfSite):
    class Meta:
        model = monitoring.FollowUpEvent

    item = factory.SubFactory(
        FollowUpItemFactory, study=factory.SelfAttribute("..study"), site=factory.SelfAttribute("..site")
    )
    move = "close"
    to_status = "CLOSED"
    note = "Done"
    recorded_at = AT
    recorded_by = factory.SubFactory(UserFactory)


class DeviationFactory(OfSite):
    class Meta:
        model = monitoring.Deviation

    number = factory.Sequence(lambda n: n + 500)
    occurred_on = DAY
    discovered_on = DAY
    category = "CONSENT"
    severity = "MAJOR"
    description = "Copy of the form not given"
    raised_at = AT
    raised_by = factory.SubFactory(UserFactory)


def _visit_at(site):
    """Of a subject there; only feeds write these."""
    with acting(Service("Feed of a test"), reason="What the system of record says", channel=Channel.FEED):
        subject = SubjectFactory(study=site.study, site=site)
        return SubjectVisitFactory(study=site.study, subject=subject)


class DeviationCandidateFactory(OfSite):
    class Meta:
        model = monitoring.DeviationCandidate

    subject_visit = factory.LazyAttribute(lambda one: _visit_at(one.site))
    kind = "OUT_OF_WINDOW"
    number = "S-1"
    code = "V1"
    occurred_on = DAY
    window_from = DAY
    window_to = DAY
    source = "EDC"
    found_at = AT
