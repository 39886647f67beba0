"""The floor: no tables. Acts, the trail, use cases, lifecycles, refusals, clock, metrics, and what upper floors fill in."""
