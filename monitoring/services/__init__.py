"""What is done about monitoring visits: one function per use case."""
