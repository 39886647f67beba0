"""What an inspector reads: the trail, the access log; later signatures, seals and evidence exports."""
