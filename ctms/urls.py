"""All addresses. Those of a sponsor begin with /in/<sponsor>/, those for programs with /api/; the rest is signing in,
health and the style guide.
"""

from django.urls import include, path

_OF_A_SPONSOR = [
    path("", include("ctms.accounts.sponsor_urls")),
    path("", include("ctms.desk.urls")),
    path("", include("audit.urls")),
    path("", include("ctms.studies.urls")),
    path("", include("sites.urls")),
    path("", include("enrollment.urls")),
    path("", include("finance.urls")),
    path("", include("monitoring.urls")),
    path("", include("ctms.milestones.urls")),
    path("", include("ctms.reporting.urls")),
]

urlpatterns = [
    path("", include("ctms.accounts.urls")),
    path("", include("ctms.web.urls")),
    path("", include("ctms.desk.open_urls")),
    path("in/<slug:sponsor>/", include(_OF_A_SPONSOR)),
    path("api/v1/", include("ctms.api.urls")),
]
handler400 = "ctms.web.rest.errors.bad_request"
handler403 = "ctms.web.rest.errors.permission_denied"
handler404 = "ctms.web.rest.errors.not_found"
handler500 = "ctms.web.rest.errors.failed"
