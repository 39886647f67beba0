from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Empty so far. The room for REST and FHIR."""

    name = "ctms.api"
    label = "api"
