"""The browser edge of sites."""
