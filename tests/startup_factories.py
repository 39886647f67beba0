"""Factories of start-up; see tests/factories.py."""

import factory

from sites import models as sites
from tests.factories import AT, DAY, OfStudy, SiteFactory, UserFactory


class StartUpConfigurationFactory(OfStudy):
    class Meta:
        model = sites.StartUpConfiguration

    number = factory.Sequence(lambda n: n + 50)
    status = "APPROVED"
    effective_from = DAY
    content = factory.LazyFunction(lambda: {"title": "Tests", "items": [], "countries": {}})
    content_sha256 = factory.Sequence(lambda n: f"{n:064}")
    source = "tests.yaml"
    made_at = AT
    made_by = factory.SubFactory(UserFactory)


class SiteChecklistFactory(OfStudy):
    class Meta:
        model = sites.SiteChecklist

    site = factory.SubFactory(SiteFactory)
    configuration = factory.SubFactory(StartUpConfigurationFactory)
    opened_on = DAY
    opened_at = AT
    opened_by = factory.SubFactory(UserFactory)


class StartUpItemFactory(OfStudy):
    class Meta:
        model = sites.StartUpItem

    scope = factory.LazyAttribute(lambda item: item.site.scope)
    configuration = factory.SubFactory(StartUpConfigurationFactory)
    site = factory.SubFactory(SiteFactory)
    country = factory.LazyAttribute(lambda item: item.site.country)
    code = factory.Sequence(lambda n: f"T-{n}")
    name = "Something"
    level = "site"
    kind = "OTHER"
    planned_on = DAY
    expected_on = DAY


class ItemHoldingFactory(OfStudy):
    class Meta:
        model = sites.ItemHolding

    item = factory.SubFactory(StartUpItemFactory)
    party = "SITE"
    since = DAY


class ItemWaiverFactory(OfStudy):
    class Meta:
        model = sites.ItemWaiver

    item = factory.SubFactory(StartUpItemFactory)
    grounds = "Not needed"
    made_at = AT
    made_by = factory.SubFactory(UserFactory)
