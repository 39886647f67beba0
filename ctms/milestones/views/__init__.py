"""The browser edge of milestones."""
