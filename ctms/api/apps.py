from django.apps import AppConfig


class ApiConfig(AppConfig):
    """REST v1 and FHIR: router, authentication, OpenAPI."""

    name = "ctms.api"
    label = "api"
