from importlib import import_module

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The floor: acts, the trail, use cases, lifecycles, refusals, clock, metrics. No models."""

    name = "ctms.core"
    label = "core"

    def ready(self) -> None:
        """Tasks are sent and run through our Celery app, with its task base, in every process."""
        import_module("ctms.celery").app.set_default()
