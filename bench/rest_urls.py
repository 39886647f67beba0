"""The house's addresses, and beside them the ways a list of sites is usually served."""

from django.urls import include, path

from bench import rest_arms

urlpatterns = [
    path("stock/sites/<str:study>/", rest_arms.Stock.as_view({"get": "list"})),
    path("raw/sites/<str:study>/", rest_arms.raw),
    path("", include("ctms.urls")),
]
