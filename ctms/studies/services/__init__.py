"""What is done with studies: one function per use case."""
