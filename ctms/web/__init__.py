"""The edge toolkit: request transaction, list and move views, forms, charts, components, health."""
