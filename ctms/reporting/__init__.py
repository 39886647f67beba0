"""Overviews, search, the shell of every page, generated documents: what looks into several rooms. No tables."""
