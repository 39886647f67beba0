"""The demo: a real trial, invented people, and a history made by calling the real services day by day."""
