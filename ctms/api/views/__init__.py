"""Resources, by room."""
