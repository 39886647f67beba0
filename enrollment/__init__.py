"""Subjects as statuses and days, their visits against the plan, counts. No clinical data."""
