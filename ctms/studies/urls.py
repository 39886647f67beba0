from django.urls import path

from ctms.studies.views import schedules, sources

_STUDY = "s/<str:study>/"

urlpatterns = [
    path(f"{_STUDY}schedule/", schedules.Schedule.as_view(), name="schedule"),
    path(f"{_STUDY}schedule/<int:number>/", schedules.Schedule.as_view(), name="schedule-version"),
    path(f"{_STUDY}schedule/<int:number>/move/<str:move>/", schedules.Move.as_view(), name="schedule-move"),
    path(f"{_STUDY}sources/", sources.Sources.as_view(), name="sources"),
    path(f"{_STUDY}audit/", sources.StudyTrail.as_view(), name="study-audit"),
]
