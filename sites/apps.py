from django.apps import AppConfig


class SitesConfig(AppConfig):
    """The life of a site, from candidate to archive: its statuses, evidence, facility and people."""

    name = "sites"
    label = "sites"
