"""The life of a site, from candidate to archive: its statuses, evidence, facility and people."""
