"""What an inspector reads: the trail and the access log; and whether records are as their trail says."""
