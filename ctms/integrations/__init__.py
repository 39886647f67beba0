"""The outside world: who is master of what, connections to other systems, and what they said."""
