from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demo: a real trial, invented people, and a history made by calling the real services day by day."""

    name = "ctms.demo"
    label = "demo"
