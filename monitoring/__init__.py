"""Empty so far. The room for monitoring visits, trip reports, follow-up items, deviations, CAPA, risk indicators."""
