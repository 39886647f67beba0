from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """The outside world: who is master of what, connections to other systems, and what they said."""

    name = "ctms.integrations"
    label = "integrations"
