"""What REST answers are made of: their bodies, their errors, and the versions of records in their headers."""
