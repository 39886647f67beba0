"""Pages composed of several rooms."""
