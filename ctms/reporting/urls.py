from django.urls import path

from ctms.reporting.views import countries, dashboards, homes, money, my_visits, portfolio, search, site

urlpatterns = [
    path("", homes.Home.as_view(), name="sponsor-home"),
    path("portfolio/", portfolio.Portfolio.as_view(), name="portfolio"),
    path("my-visits/", my_visits.MyVisits.as_view(), name="my-visits"),
    path("money/", money.Money.as_view(), name="money"),
    path("search/", search.Search.as_view(), name="search"),
    path("s/<str:study>/", dashboards.Overview.as_view(), name="study"),
    path("s/<str:study>/site/<str:number>/", site.SiteOverview.as_view(), name="site"),
    path("s/<str:study>/countries/", countries.CountryList.as_view(), name="countries"),
    path("s/<str:study>/c/<str:country>/", dashboards.CountryOverview.as_view(), name="country"),
]
