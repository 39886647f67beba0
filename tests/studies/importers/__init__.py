"""Tests of the readers: real files, and what could be wrong with them."""
