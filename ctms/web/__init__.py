"""The edge toolkit: request transaction, list and move views, forms, navigation, components, health."""
