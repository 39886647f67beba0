"""What we do with other systems: connect, declare, receive, apply."""
