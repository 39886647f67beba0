"""Milestones of a study, countries and sites: planned, baselined, forecast and reached, each a series of its own."""
