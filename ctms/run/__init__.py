"""Runs the house: embedded servers, database logins, the one process list and its supervisor. Knows no Django."""
