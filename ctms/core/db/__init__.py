"""The database engine: PostgreSQL that is told who acts for which sponsor, and whose new tables are born audited."""
