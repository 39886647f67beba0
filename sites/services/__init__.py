"""What is done with sites: one function per use case."""
