from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Empty so far. The room for the outside world: connections, feed runs, adapters, simulators."""

    name = "ctms.integrations"
    label = "integrations"
