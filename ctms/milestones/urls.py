from django.urls import path

from ctms.milestones.views import baselines, edits, pages

_STUDY = "s/<str:study>/"
_MILESTONES = f"{_STUDY}milestones/"
_BASELINE = f"{_MILESTONES}baselines/<int:baseline>/"

urlpatterns = [
    path(_MILESTONES, pages.StudyMilestones.as_view(), name="milestones"),
    path(f"{_STUDY}c/<str:country>/milestones/", pages.CountryMilestones.as_view(), name="country-milestones"),
    path(f"{_STUDY}site/<str:number>/milestones/", pages.SiteMilestones.as_view(), name="site-milestones"),
    path(f"{_MILESTONES}list/", pages.MilestoneList.as_view(), name="milestone-list"),
    path(f"{_MILESTONES}plan/", edits.Plan.as_view(), name="milestone-plan"),
    path(f"{_MILESTONES}<int:milestone>/", pages.OneMilestone.as_view(), name="milestone"),
    path(f"{_MILESTONES}<int:milestone>/edit/", edits.EditMilestone.as_view(), name="milestone-edit"),
    path(f"{_MILESTONES}baselines/new/", baselines.DrawUp.as_view(), name="baseline-new"),
    path(_BASELINE, baselines.OneBaseline.as_view(), name="baseline"),
    path(f"{_BASELINE}move/<str:move>/", baselines.Move.as_view(), name="baseline-move"),
]
