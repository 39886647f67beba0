"""Empty so far. The room for agreements, fee schedules, payables, payment runs, invoices, accruals."""
