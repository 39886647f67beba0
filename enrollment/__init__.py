"""Empty so far. The room for subjects as statuses (no clinical data), their visits, targets and forecast."""
