"""Empty so far. The room for REST and FHIR."""
