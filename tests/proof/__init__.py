"""What the issues show, at full size. `make proof [ONLY=02-3]` runs it, with the ordinary tests that show the rest.

A test is tied to a point by `@pytest.mark.shows("02-3")`. The tests in this folder are too heavy for `make test`; they
report a value against a threshold through the fixture `measured`.
"""
