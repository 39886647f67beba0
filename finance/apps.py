from django.apps import AppConfig


class FinanceConfig(AppConfig):
    """Empty so far. The room for agreements, fee schedules, payables, payment runs, invoices, accruals."""

    name = "finance"
    label = "finance"
