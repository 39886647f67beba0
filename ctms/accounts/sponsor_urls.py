from django.urls import path

from ctms.accounts import lists, tokens

urlpatterns = [
    path("organisations/", lists.OrganisationList.as_view(), name="organisations"),
    path("tokens/", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.Revoke.as_view(), name="token-revoke"),
]
