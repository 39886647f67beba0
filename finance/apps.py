from django.apps import AppConfig


class FinanceConfig(AppConfig):
    """The room for agreements with sites, what they are owed, and payment runs."""

    name = "finance"
    label = "finance"
