"""What people do, through addresses and pages alone, in a real browser against the real web process."""
