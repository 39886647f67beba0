from django.apps import AppConfig


class SitesConfig(AppConfig):
    """The life of a site: feasibility, selection, start-up, contracts, activation, closure. Facilities and people."""

    name = "sites"
    label = "sites"
