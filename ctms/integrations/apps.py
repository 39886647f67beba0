from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """The outside world: registry of systems of record, connections, feed runs, adapters, simulators."""

    name = "ctms.integrations"
    label = "integrations"
