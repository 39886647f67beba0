"""eTMF systems, one file per wire format."""
