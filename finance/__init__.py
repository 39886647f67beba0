"""Agreements, fee schedules, payables, payment runs, vendor contracts and invoices, accruals."""
