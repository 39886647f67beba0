"""Subjects as statuses (no clinical data), visits, targets, forecast, feeds, reconciliation."""
