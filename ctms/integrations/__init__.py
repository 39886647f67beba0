"""Empty so far. The room for the outside world: connections, feed runs, adapters, simulators."""
