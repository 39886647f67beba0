from django.apps import AppConfig


class FinanceConfig(AppConfig):
    """Agreements, fee schedules, payables, payment runs, vendor contracts and invoices, accruals."""

    name = "finance"
    label = "finance"
