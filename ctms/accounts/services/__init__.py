"""What is done with people, sponsors and access: one function per use case."""
