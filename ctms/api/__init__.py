"""REST under /api/v1/: what the pages give people, for programs, with the same rules."""
