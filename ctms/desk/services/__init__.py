"""What the desk does: one function per use case."""
