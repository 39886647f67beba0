"""REST v1 and FHIR: router, authentication, OpenAPI."""
