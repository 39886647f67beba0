"""Addresses of the REST interface, version 1."""

from typing import Any

from django.urls import path

from ctms.api.views import sites

_STUDY = "studies/<str:study>/"
_SITE = f"{_STUDY}sites/<str:number>/"


def _at(route: str, view: Any) -> Any:
    """Named after the view: "api-one-site"."""
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in view.__name__)
    return path(route, view.as_view(), name=f"api{words}")


urlpatterns = [
    _at(f"{_STUDY}sites/", sites.Sites),
    _at(_SITE, sites.OneSite),
    _at(f"{_SITE}moves/<str:move>/", sites.SiteMove),
    _at(f"{_SITE}events/", sites.Events),
    _at(f"{_SITE}evidence/", sites.Evidence),
    _at(f"{_SITE}evidence/<int:pk>/withdraw/", sites.WithdrawEvidence),
    _at(f"{_SITE}personnel/", sites.Personnel),
    _at(f"{_SITE}personnel/<int:pk>/", sites.OnePersonnel),
    _at(f"{_SITE}personnel/<int:pk>/end/", sites.EndPersonnel),
]
