"""Factories of milestones."""

import factory

from ctms.milestones import models as milestones
from ctms.milestones.catalog import CODES
from tests.factories import AT, DAY, OfStudy, ScopeFactory


class MilestoneFactory(OfStudy):
    class Meta:
        model = milestones.Milestone

    scope = factory.SubFactory(ScopeFactory, kind="SITE")
    level = "SITE"
    code = factory.Iterator([code for code, _ in CODES])
    position = 1
    planned_on = DAY


class OutlookFactory(OfStudy):
    class Meta:
        model = milestones.Outlook

    milestone = factory.SubFactory(MilestoneFactory)
    forecast_on = DAY


class BaselineFactory(OfStudy):
    class Meta:
        model = milestones.Baseline

    scope = factory.SubFactory(ScopeFactory, kind="SITE")
    number = 1
    drawn_at = AT


class BaselineLineFactory(OfStudy):
    class Meta:
        model = milestones.BaselineLine

    baseline = factory.SubFactory(BaselineFactory)
    milestone = factory.SubFactory(MilestoneFactory)
    on = DAY
