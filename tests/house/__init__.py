"""The house rules. Each is a function that lists violations: none in the house, some where one is planted."""
