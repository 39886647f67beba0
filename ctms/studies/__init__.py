"""Studies, their countries, arms and schedule, and the importers that read them."""
