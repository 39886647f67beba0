from django.urls import path

from ctms.reporting.views import countries, overviews, search

urlpatterns = [
    path("", overviews.Portfolio.as_view(), name="portfolio"),
    path("search/", search.Search.as_view(), name="search"),
    path("s/<str:study>/", overviews.Overview.as_view(), name="study"),
    path("s/<str:study>/countries/", countries.CountryList.as_view(), name="countries"),
    path("s/<str:study>/c/<str:country>/", overviews.CountryOverview.as_view(), name="country"),
]
