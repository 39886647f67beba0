from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The floor: acts, the trail, use cases, lifecycles, refusals, clock, metrics. No models."""

    name = "ctms.core"
    label = "core"
