"""What is done with milestones: one function per use case."""
