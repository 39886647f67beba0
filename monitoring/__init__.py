"""Visit plan, trip reports, letters, follow-up items, issues, deviations, CAPA, risk indicators."""
