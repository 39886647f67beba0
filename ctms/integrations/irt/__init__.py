"""IRT systems, one file per wire format."""
