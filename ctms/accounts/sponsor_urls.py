from django.urls import path

from ctms.accounts import lists

urlpatterns = [
    path("organisations/", lists.OrganisationList.as_view(), name="organisations"),
]
