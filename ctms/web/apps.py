from django.apps import AppConfig


class WebConfig(AppConfig):
    """The edge toolkit: request transaction, list and move views, forms, charts, components, health."""

    name = "ctms.web"
    label = "web"
