"""The browser edge of studies."""
