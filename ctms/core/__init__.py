"""The floor, without tables: acts, trail, use cases, lifecycles, refusals, clock, metrics, protocols."""
