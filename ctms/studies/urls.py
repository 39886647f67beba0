from django.urls import path

from ctms.studies.views import connections, drafts, registry, schedules, setup, sources, team

_STUDY = "s/<str:study>/"
_CONNECTION = f"{_STUDY}sources/<int:connection>/"
_DRAFT = f"{_STUDY}schedule/<int:number>/edit/"

urlpatterns = [
    path("studies/new/", setup.NewStudy.as_view(), name="study-new"),
    path(f"{_STUDY}setup/", setup.SetUp.as_view(), name="setup"),
    path(f"{_STUDY}setup/study/", setup.EditStudy.as_view(), name="study-edit"),
    path(f"{_STUDY}setup/countries/add/", setup.AddCountry.as_view(), name="country-add"),
    path(f"{_STUDY}setup/arms/add/", setup.AddArm.as_view(), name="arm-add"),
    path(f"{_STUDY}setup/arms/<int:arm>/", setup.EditArm.as_view(), name="arm-edit"),
    path(f"{_STUDY}setup/protocols/add/", setup.AddProtocol.as_view(), name="protocol-add"),
    path(f"{_STUDY}setup/protocols/<int:protocol>/", setup.EditProtocol.as_view(), name="protocol-edit"),
    path(f"{_STUDY}setup/protocols/<int:protocol>/places/add/", setup.AddEffect.as_view(), name="effect-add"),
    path(f"{_STUDY}setup/places/<int:effect>/", setup.EditEffect.as_view(), name="effect-edit"),
    path(f"{_STUDY}schedule/", schedules.Schedule.as_view(), name="schedule"),
    path(f"{_STUDY}schedule/new/", drafts.NewDraft.as_view(), name="schedule-new"),
    path(f"{_DRAFT}", drafts.Draft.as_view(), name="schedule-edit"),
    path(f"{_DRAFT}visits/add/", drafts.AddVisit.as_view(), name="schedule-visit-add"),
    path(f"{_DRAFT}visits/<int:visit>/", drafts.EditVisit.as_view(), name="schedule-visit"),
    path(f"{_DRAFT}visits/<int:visit>/<slug:step>/", drafts.VisitStep.as_view(), name="schedule-visit-step"),
    path(f"{_DRAFT}contacts/add/", drafts.AddContact.as_view(), name="schedule-contact-add"),
    path(f"{_DRAFT}contacts/<int:contact>/", drafts.EditContact.as_view(), name="schedule-contact"),
    path(f"{_DRAFT}contacts/<int:contact>/<slug:step>/", drafts.ContactStep.as_view(), name="schedule-contact-step"),
    path(f"{_STUDY}schedule/<int:number>/", schedules.Schedule.as_view(), name="schedule-version"),
    path(f"{_STUDY}schedule/<int:number>/move/<str:move>/", schedules.Move.as_view(), name="schedule-move"),
    path(f"{_STUDY}team/", team.Team.as_view(), name="team"),
    path(f"{_STUDY}sources/", sources.Sources.as_view(), name="sources"),
    path(f"{_STUDY}sources/add/", connections.AddConnection.as_view(), name="connection-add"),
    path(_CONNECTION, connections.ConnectionPage.as_view(), name="connection"),
    path(f"{_CONNECTION}credentials/", connections.Credentials.as_view(), name="connection-credentials"),
    path(f"{_CONNECTION}mapping/", connections.EditMapping.as_view(), name="connection-mapping"),
    path(f"{_CONNECTION}mapping/<int:mapping>/<str:move>/", connections.MoveMapping.as_view(), name="mapping-move"),
    path(f"{_CONNECTION}move/<str:move>/", connections.MoveConnection.as_view(), name="connection-move"),
    path(f"{_CONNECTION}read/", connections.ReadSoon.as_view(), name="connection-read"),
    path(f"{_CONNECTION}replay/", connections.Replay.as_view(), name="connection-replay"),
    path(f"{_STUDY}systems-of-record/", registry.Registry.as_view(), name="registry"),
    path(f"{_STUDY}systems-of-record/<str:domain>/", registry.DeclareMaster.as_view(), name="registry-declare"),
    path(f"{_STUDY}audit/", sources.StudyTrail.as_view(), name="study-audit"),
]
