"""Addresses of the REST interface, version 1."""

from typing import Any

from django.urls import path

from ctms.api.description import description, guide
from ctms.api.views import (
    directory,
    enrollment,
    history,
    milestones,
    money,
    monitoring,
    numbers,
    sites,
    startup,
    studies,
)

_STUDY = "studies/<str:study>/"
_SITE = f"{_STUDY}sites/<str:number>/"
_ITEM = f"{_STUDY}start-up/items/<int:item>/"


def _at(route: str, view: Any) -> Any:
    """Named after the view: "api-one-site"."""
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in view.__name__)
    return path(route, view.as_view(), name=f"api{words}")


urlpatterns = [
    path("schema/", description, name="api-schema"),
    path("guide/", guide, name="api-guide"),
    _at("me/", numbers.Me),
    _at("studies/", studies.Studies),
    _at(_STUDY, studies.OneStudy),
    _at(f"{_STUDY}metrics/", numbers.StudyMetrics),
    _at(f"{_STUDY}countries/", studies.Countries),
    _at(f"{_STUDY}countries/<str:code>/", studies.OneCountry),
    _at(f"{_STUDY}schedules/", studies.Schedules),
    _at(f"{_STUDY}schedules/<int:number>/", studies.OneSchedule),
    _at(f"{_STUDY}schedules/<int:number>/moves/<str:move>/", studies.ScheduleMove),
    _at(f"{_STUDY}milestones/", milestones.Milestones),
    _at(f"{_STUDY}milestones/<int:pk>/", milestones.OneMilestone),
    _at(f"{_STUDY}baselines/", milestones.Baselines),
    _at(f"{_STUDY}baselines/<int:pk>/", milestones.OneBaseline),
    _at(f"{_STUDY}subjects/", enrollment.Subjects),
    _at(f"{_STUDY}subjects/<int:pk>/", enrollment.OneSubject),
    _at(f"{_STUDY}subjects/<int:subject>/messages/", enrollment.SubjectMessages),
    _at(f"{_STUDY}subject-visits/", enrollment.SubjectVisits),
    _at(f"{_STUDY}subject-counts/", enrollment.SubjectCounts),
    _at(f"{_STUDY}discrepancies/", enrollment.Discrepancies),
    _at(f"{_STUDY}discrepancies/<int:pk>/", enrollment.OneDiscrepancy),
    _at(f"{_STUDY}connections/", enrollment.Connections),
    _at(f"{_STUDY}feed-runs/", enrollment.FeedRuns),
    _at(f"{_STUDY}feed-items/", enrollment.FeedItems),
    _at(f"{_STUDY}sites/", sites.Sites),
    _at(_SITE, sites.OneSite),
    _at(f"{_SITE}moves/<str:move>/", sites.SiteMove),
    _at(f"{_SITE}events/", sites.Events),
    _at(f"{_SITE}evidence/", sites.Evidence),
    _at(f"{_SITE}evidence/<int:pk>/withdraw/", sites.WithdrawEvidence),
    _at(f"{_SITE}personnel/", sites.Personnel),
    _at(f"{_SITE}personnel/<int:pk>/", sites.OnePersonnel),
    _at(f"{_SITE}personnel/<int:pk>/end/", sites.EndPersonnel),
    _at(f"{_STUDY}agreements/", money.Agreements),
    _at(f"{_STUDY}payables/", money.Payables),
    _at(f"{_STUDY}payables/<int:pk>/", money.OnePayable),
    _at(f"{_STUDY}payment-runs/", money.PaymentRuns),
    _at(f"{_STUDY}visits/", monitoring.Visits),
    _at(f"{_STUDY}follow-ups/", monitoring.FollowUps),
    _at(f"{_STUDY}deviations/", monitoring.Deviations),
    _at(f"{_STUDY}deviation-candidates/", monitoring.DeviationCandidates),
    _at(f"{_SITE}start-up/", startup.SiteStartUp),
    _at(f"{_STUDY}start-up/", startup.StartUpBoard),
    _at(f"{_STUDY}start-up/items/", startup.StartUpItems),
    _at(_ITEM, startup.OneStartUpItem),
    _at(f"{_ITEM}settle/", startup.SettleItem),
    _at(f"{_ITEM}hand-over/", startup.HandOverItem),
    _at("people/", directory.People),
    _at("people/<int:pk>/", directory.OnePerson),
    _at("facilities/", directory.Facilities),
    _at("facilities/<int:pk>/", directory.OneFacility),
    _at("organisations/", directory.Organisations),
    _at("organisations/<int:pk>/", directory.OneOrganisation),
    _at("assignments/", directory.Assignments),
    _at("assignments/<int:pk>/", directory.OneAssignment),
    _at("metrics/", numbers.Metrics),
    _at("history/", history.History),
]
