"""Readers that turn registry records and protocol files into plain values."""
