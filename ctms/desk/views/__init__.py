"""The browser's edge of the desk."""
