"""All addresses. Those of a sponsor begin with /in/<sponsor>/; the rest is signing in, health and the style guide."""

from django.urls import include, path

urlpatterns = [
    path("", include("ctms.accounts.urls")),
    path("", include("ctms.web.urls")),
]
