"""The outside world: registry of systems of record, connections, feed runs, adapters, simulators."""
