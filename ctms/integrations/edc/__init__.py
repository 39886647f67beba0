"""EDC systems, one file per wire format."""
