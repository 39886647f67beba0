"""The trail: the database writes each regulated table's history itself, completely and for good.

`Trail` gives a model its typed history table (django-simple-history's, with its `.history` manager); statement-level
triggers generated from the table's columns fill it (`install.py`), whatever path a write takes. `docs/trail.md` tells
the whole story.

Exports nothing: the database engine imports `install`, before models can exist.
"""
