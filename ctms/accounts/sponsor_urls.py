from django.urls import path

from ctms.accounts import lists, tokens, training_views
from ctms.accounts.views import access, access_lists, adding

_CURRICULUM = "curricula/<int:curriculum>/"

urlpatterns = [
    path("organisations/", lists.OrganisationList.as_view(), name="organisations"),
    path("roles/", access.Roles.as_view(), name="roles"),
    path("access/", access_lists.AccessList.as_view(), name="access"),
    path("access/grant/", access.Grant.as_view(), name="access-grant"),
    path("access/roles/<int:role>/", access.OneRole.as_view(), name="access-role"),
    path("access/people/", access_lists.MemberList.as_view(), name="access-people"),
    path("access/people/add/", adding.AddPerson.as_view(), name="access-add-person"),
    path("access/people/<int:member>/", access.OnePerson.as_view(), name="access-person"),
    path("access/people/<int:member>/deactivate/", access.Deactivate.as_view(), name="access-deactivate"),
    path("access/people/<int:member>/reactivate/", access.Reactivate.as_view(), name="access-reactivate"),
    path("access/delegations/", access_lists.DelegationList.as_view(), name="access-delegations"),
    path("access/delegations/add/", access.Delegate.as_view(), name="access-delegate"),
    path("access/delegations/<int:delegation>/", access.OneDelegation.as_view(), name="access-delegation"),
    path("tokens/", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.Revoke.as_view(), name="token-revoke"),
    path("training/", training_views.YourTraining.as_view(), name="training"),
    path("training/<int:curriculum>/", training_views.ReadTraining.as_view(), name="training-read"),
    path("curricula/", training_views.CurriculumList.as_view(), name="curricula"),
    path("curricula/new/", training_views.NewCurriculum.as_view(), name="curriculum-new"),
    path(_CURRICULUM, training_views.CurriculumPage.as_view(), name="curriculum"),
    path(
        "curricula/<int:curriculum>/move/<str:move>/", training_views.MoveCurriculum.as_view(), name="curriculum-move"
    ),
]
